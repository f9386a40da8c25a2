/** Functions that Kubernetes adds to CEL: lists, strings, regular expressions, quantities, URLs. Source: k8s.io/apiserver pkg/cel/library */
import { isIP } from 'node:net'
import { parseQuantity } from '@slipway/core/api'
import { canonicalQuantity, compareQuantities } from '@slipway/core/api/kubernetes'

type CelFunction = (...values: never[]) => unknown

const ordered = (a: unknown, b: unknown) => (a as never) <= (b as never)
const least = (list: unknown[], better: (a: unknown, b: unknown) => boolean): unknown => {
  if (!list.length) throw new Error('min called on empty list')
  return list.reduce((best, item) => (better(item, best) ? item : best))
}
const sum = (list: (bigint | number)[]): bigint | number =>
  list.some(n => typeof n === 'number')
    ? list.reduce<number>((t, n) => t + Number(n), 0)
    : list.reduce<bigint>((t, n) => t + BigInt(n), 0n)

const characters = (text: string) => [...text]

function replace(text: string, from: string, to: string, times = -1n): string {
  if (times < 0n) return text.replaceAll(from, to)
  const parts = text.split(from)
  const upTo = Math.min(Number(times), parts.length - 1)
  return parts.slice(0, upTo + 1).join(to) + (upTo < parts.length - 1 ? from + parts.slice(upTo + 1).join(from) : '')
}

/** `%s`, `%d`, `%f`, `%x` and so on. Source: cel-go ext/formatting.go */
function format(pattern: string, values: unknown[]): string {
  let next = 0
  return pattern.replace(/%(?:\.(\d+))?([sdfexXobt%])/g, (whole, digits: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) throw new Error(`index ${next} out of range`)
    const value = values[next++]
    switch (verb) {
      case 's':
        return shown(value)
      case 'f':
        return Number(value).toFixed(digits === undefined ? 6 : Number(digits))
      case 'e':
        return Number(value).toExponential(digits === undefined ? 6 : Number(digits))
      case 'd':
        return String(value)
      case 'x':
      case 'X': {
        const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : BigInt(value as bigint).toString(16)
        return verb === 'X' ? hex.toUpperCase() : hex
      }
      case 'o':
        return BigInt(value as bigint).toString(8)
      case 'b':
        return BigInt(value as bigint | boolean).toString(2)
      default:
        return whole
    }
  })
}
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}: ${shown(v)}`)
      .join(', ')}}`
  return String(value)
}

/** A quantity inside CEL: kept as the text it was. */
export class Quantity {
  readonly text: string
  constructor(text: string) {
    const canonical = canonicalQuantity(text)
    if (canonical === undefined)
      throw new Error(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`)
    this.text = canonical
  }
}
const compare = (a: Quantity, b: Quantity) => compareQuantities(a.text, b.text)
const asNumber = (q: Quantity): number => parseQuantity(q.text)
/** In thousandths, so that sums of the usual quantities are exact. */
const combined = (a: Quantity, b: Quantity, sign: number) =>
  new Quantity(`${Math.round((asNumber(a) + sign * asNumber(b)) * 1000)}m`)

const url = (text: string): URL => {
  if (!URL.canParse(text))
    throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`)
  return new URL(text)
}

const listFunctions: Record<string, CelFunction> = {
  'list.isSorted(): bool': (list: unknown[]) => list.every((item, i) => i === 0 || ordered(list[i - 1], item)),
  'list.sum(): dyn': sum,
  'list.min(): dyn': (list: unknown[]) => least(list, (a, b) => !ordered(b, a)),
  'list.max(): dyn': (list: unknown[]) => least(list, (a, b) => !ordered(a, b)),
  'list.indexOf(dyn): int': (list: unknown[], item: unknown) => BigInt(list.indexOf(item)),
  'list.lastIndexOf(dyn): int': (list: unknown[], item: unknown) => BigInt(list.lastIndexOf(item)),
}
const stringFunctions: Record<string, CelFunction> = {
  'string.charAt(int): string': (text: string, at: bigint) => characters(text)[Number(at)] ?? '',
  'string.replace(string, string): string': (text: string, from: string, to: string) => replace(text, from, to),
  'string.replace(string, string, int): string': replace,
  'string.reverse(): string': (text: string) => characters(text).reverse().join(''),
  'string.find(string): string': (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) => text.match(new RegExp(pattern, 'gu')) ?? [],
  'string.format(list): string': format,
}
const type = 'kubernetes.Quantity'
const quantityFunctions: Record<string, CelFunction> = {
  'isQuantity(string): bool': (text: string) => canonicalQuantity(text) !== undefined,
  [`quantity(string): ${type}`]: (text: string) => new Quantity(text),
  [`${type}.isLessThan(${type}): bool`]: (a: Quantity, b: Quantity) => compare(a, b) < 0,
  [`${type}.isGreaterThan(${type}): bool`]: (a: Quantity, b: Quantity) => compare(a, b) > 0,
  [`${type}.compareTo(${type}): int`]: (a: Quantity, b: Quantity) => BigInt(Math.sign(compare(a, b))),
  [`${type}.sign(): int`]: (q: Quantity) => BigInt(Math.sign(asNumber(q))),
  [`${type}.isInteger(): bool`]: (q: Quantity) => Number.isInteger(asNumber(q)),
  [`${type}.asInteger(): int`]: (q: Quantity) => BigInt(asNumber(q)),
  [`${type}.asApproximateFloat(): double`]: asNumber,
  [`${type}.add(${type}): ${type}`]: (a: Quantity, b: Quantity) => combined(a, b, 1),
  [`${type}.sub(${type}): ${type}`]: (a: Quantity, b: Quantity) => combined(a, b, -1),
}
const urlType = 'kubernetes.URL'
const networkFunctions: Record<string, CelFunction> = {
  'isIP(string): bool': (text: string) => isIP(text) !== 0,
  'isURL(string): bool': (text: string) => URL.canParse(text),
  [`url(string): ${urlType}`]: url,
  [`${urlType}.getScheme(): string`]: (u: URL) => u.protocol.replace(/:$/, ''),
  [`${urlType}.getHost(): string`]: (u: URL) => u.host,
  [`${urlType}.getHostname(): string`]: (u: URL) => u.hostname,
  [`${urlType}.getPort(): string`]: (u: URL) => u.port,
  [`${urlType}.getEscapedPath(): string`]: (u: URL) => u.pathname,
}

/** Types that the functions make, by the name that CEL gives them. */
export const kubernetesTypes = { [type]: Quantity, [urlType]: URL }

export const kubernetesFunctions: Record<string, CelFunction> = {
  ...listFunctions,
  ...stringFunctions,
  ...quantityFunctions,
  ...networkFunctions,
}
