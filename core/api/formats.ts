/**
 * String formats that are checked, with the words of go-openapi's validator (`must be of type date-time: "x"`).
 * A format that is not listed is accepted, as in Kubernetes.
 */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const goDuration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$|^0$/

const checks: Record<string, (value: string) => boolean> = {
  'date-time': value => dateTime.test(value) && !Number.isNaN(Date.parse(value)),
  date: value => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: value => goDuration.test(value),
  uuid: value => uuid.test(value),
  uri: value => URL.canParse(value),
  byte: value => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
}

/** @returns what is wrong with the value under this format, or undefined */
export const formatProblem = (format: string, value: string): string | undefined =>
  checks[format] && !checks[format](value) ? `must be of type ${format}: ${JSON.stringify(value)}` : undefined

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Parses a duration in Go's notation, as Kubernetes writes it: `90s`, `1h30m`, `0`.
 * @returns milliseconds
 * @throws RangeError when it is not a duration
 */
export function parseDuration(text: string): number {
  if (!goDuration.test(text)) throw new RangeError(`invalid duration ${JSON.stringify(text)}: write it as 90s, 5m or 1h30m`)
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(amount) * units[unit!]!
  return text.startsWith('-') ? -total : total
}

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/**
 * Parses a Kubernetes quantity: `100m`, `1.5`, `64Mi`, `2e3`.
 * @returns the number in the base unit (cores, bytes)
 * @throws RangeError when it is not a quantity
 */
export function parseQuantity(text: string | number): number {
  if (typeof text === 'number') return text
  const parts = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text)
  if (!parts) throw new RangeError(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`)
  return parts[2] ? Number(parts[1] + parts[2]) : Number(parts[1]) * suffixes[parts[3] ?? '']!
}
