/** How kubectl tells ages. Source: k8s.io/apimachinery pkg/util/duration/duration.go */

/**
 * A length of time in one or two units, such as `5d3h`, `12m`, `90s`.
 * @param ms may be slightly negative, which is a skewed clock; far below zero it is `<invalid>`
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(seconds / 3600)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(hours / 24 / 365)
  if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd')
  return `${years}y`
}

const withRest = (amount: number, unit: string, rest: number, restUnit: string) =>
  rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`

/** How long ago a time of RFC 3339 was; `<unknown>` when there is none. */
export function ageSince(time: string | null | undefined, now: number): string {
  if (!time) return '<unknown>'
  const at = Date.parse(time)
  return Number.isNaN(at) ? '<invalid>' : humanDuration(now - at)
}
