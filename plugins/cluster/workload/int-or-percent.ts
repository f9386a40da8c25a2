/** A number, or a percentage of a total: `maxSurge: 25%`. Pure. Source: k8s.io/apimachinery pkg/util/intstr GetScaledValueFromIntOrPercent */
export function scaled(
  value: number | string | undefined,
  total: number,
  round: 'up' | 'down',
  fallback: number | string,
): number {
  const given = value ?? fallback
  if (typeof given === 'number') return given
  const match = /^(\d+)%$/.exec(given)
  if (!match) return /^\d+$/.test(given) ? Number(given) : 0
  const exact = (Number(match[1]) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
