/** Kubernetes' quantities in their canonical form. Source: k8s.io/apimachinery pkg/api/resource/quantity.go */
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const nano = 1_000_000_000n
const maxAllowed = (1n << 63n) - 1n

/** What Kubernetes says of a text that is no quantity. */
export const quantityProblem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

interface Parsed {
  /** In billionths, rounded away from zero. */
  nanos: bigint
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent'
}

function parse(text: string): Parsed | undefined {
  const found = pattern.exec(text)
  if (!found) return undefined
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = found
  if (!whole && !fraction) return undefined
  const binary = suffix.endsWith('i') ? binarySuffixes.indexOf(suffix) : -1
  let value = BigInt(whole + fraction) * nano
  let scale = -fraction.length
  if (binary > 0) value <<= BigInt(binary * 10)
  else scale += exponent ? Number(exponent.slice(1)) : 3 * (decimalSuffixes.indexOf(suffix) - 3)
  if (scale >= 0) value *= 10n ** BigInt(Math.min(scale, 40))
  else {
    const by = 10n ** BigInt(Math.min(-scale, 400))
    value = value % by === 0n ? value / by : value / by + 1n
  }
  if (value > maxAllowed * nano) value = maxAllowed * nano
  return { nanos: sign === '-' ? -value : value, format: binary > 0 ? 'BinarySI' : exponent ? 'DecimalExponent' : 'DecimalSI' }
}

/**
 * The form in which Kubernetes stores and answers a quantity: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`.
 * @returns undefined when it is not a quantity
 */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text)
  if (!parsed) return undefined
  let { nanos: value, format } = parsed
  if (value === 0n) return '0'
  const small = value < 1024n * nano && value > -1024n * nano
  if (format === 'BinarySI' && !small && value % nano === 0n) {
    value /= nano
    let step = 0
    while (value % 1024n === 0n && step < binarySuffixes.length - 1) {
      value /= 1024n
      step++
    }
    return `${value}${binarySuffixes[step]}`
  }
  let step = 0
  while (value % 1000n === 0n && step < decimalSuffixes.length - 1) {
    value /= 1000n
    step++
  }
  if (format === 'DecimalExponent') return step === 3 ? `${value}` : `${value}e${3 * (step - 3)}`
  return `${value}${decimalSuffixes[step]}`
}

/** Orders two quantities exactly, as `Quantity.Cmp`: negative, zero or positive. Texts that are no quantities count as 0. */
export function compareQuantities(a: string | number, b: string | number): number {
  const [x, y] = [parse(String(a))?.nanos ?? 0n, parse(String(b))?.nanos ?? 0n]
  return x < y ? -1 : x > y ? 1 : 0
}
