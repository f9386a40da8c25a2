/**
 * Makes the answers of two servers comparable: what a server draws by chance or reads from a clock becomes a name, the same value always
 * the same name, and resourceVersions become their rank within the case, so that their order is compared and their size is not. Pure.
 */
import type { Answer } from './run-case.ts'

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const microTime = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g
const time = /\b20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/g
const age = /^(\d+m)?\d+s$/
const address = /^\d+\.\d+\.\d+\.\d+$/
/** The numbers in these messages are resourceVersions. */
const versionsInText: [RegExp, string][] = [
  [/(ResourceVersion in precondition: )[^,]+(, ResourceVersion in object meta: )\d+/, '$1<rv>$2<rv>'],
  [/(too old resource version: \d+ )\(\d+\)/, '$1(<rv>)'],
  [/(Too large resource version: \d+, current: )\d+/, '$1<rv>'],
  [/(does not match the ResourceVersion in record )\(\d+\)/, '$1(<rv>)'],
  [/(resourceVersion\\*"\s*:\s*\\*")\d+/, '$1<rv>'],
]
/** The end of a generated name, from the alphabet that leaves out what looks or reads wrong (k8s.io/apimachinery pkg/util/rand). */
const generatedInText = /(-)[bcdfghjklmnpqrstvwxz2456789]{5}(?="|$)/g

type Dict = Record<string, unknown>
const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value)

class Names {
  readonly #prefix: string
  readonly #known = new Map<string, string>()
  constructor(prefix: string) {
    this.#prefix = prefix
  }
  of(value: string): string {
    const name = this.#known.get(value) ?? `${this.#prefix}-${this.#known.size + 1}`
    this.#known.set(value, name)
    return name
  }
  known(value: string): string | undefined {
    return this.#known.get(value)
  }
}

/** Projected fields are named by their whole path. */
const lastPart = (key: string) => key.slice(key.lastIndexOf('.') + 1)

/**
 * Schema faults come in the order of a Go map, which is none: causes are sorted, and the message's list of them after the causes.
 */
function sortedCauses(status: Dict): Dict {
  const details = status.details as { causes?: { field?: string; message?: string }[] } | undefined
  const causes = details?.causes
  if (!causes || causes.length < 2 || typeof status.message !== 'string') return status
  const textOf = ({ field, message }: { field?: string; message?: string }) =>
    `${field === undefined || field === '<nil>' ? '<nil>' : field}: ${message}`
  const joined = (list: typeof causes) => `[${[...new Set(list.map(textOf))].join(', ')}]`
  const sorted = [...causes].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
  return {
    ...status,
    details: { ...details, causes: sorted },
    message: status.message.replace(joined(causes), () => joined(sorted)),
  }
}

/** Entries of one second are sorted by name, those of different seconds by time: when the second ends is chance. */
const managerKey = (entry: unknown) => {
  const { operation, manager, apiVersion, subresource } = entry as Dict
  return [operation, manager, apiVersion, subresource].join('/')
}
const byManager = (a: unknown, b: unknown) => (managerKey(a) < managerKey(b) ? -1 : 1)
/** What is said in no order that means anything is put in one. */
function ordered(value: Dict): Dict {
  if (value.kind === 'Status') return sortedCauses(value)
  // By name, so that one resource too few is one difference.
  if (value.kind === 'APIResourceList' && Array.isArray(value.resources))
    return { ...value, resources: Object.fromEntries(value.resources.map(resource => [(resource as Dict).name, resource])) }
  if (Array.isArray(value.managedFields)) return { ...value, managedFields: [...value.managedFields].sort(byManager) }
  if (Array.isArray(value['metadata.managedFields']))
    return { ...value, 'metadata.managedFields': [...(value['metadata.managedFields'] as unknown[])].sort(byManager) }
  return value
}

/** A bookmark carries nothing but how far its watch is. */
const isBookmark = ({ metadata, spec, status, data }: Dict) =>
  isDict(metadata) && !('name' in metadata) && 'resourceVersion' in metadata && !spec && !status && !data

/** A list's own version, unlike an object's, says how far the whole store is: other cases move it. */
const isListMeta = (parent: Dict | undefined) =>
  parent !== undefined && (isBookmark(parent) || 'items' in parent || 'rows' in parent || String(parent.kind).endsWith('List'))

function objectVersions(value: unknown, into: Set<string>, parent?: Dict): void {
  if (Array.isArray(value)) for (const item of value) objectVersions(item, into, parent)
  else if (isDict(value))
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'metadata' && isListMeta(value)) continue
      if (lastPart(key) === 'resourceVersion' && typeof inner === 'string' && /^\d+$/.test(inner)) into.add(inner)
      else objectVersions(inner, into, value)
    }
}

export function normalize(answers: Answer[], id: string): Answer[] {
  const versions = new Set<string>()
  objectVersions(answers, versions)
  const ranks = new Map([...versions].sort((a, b) => Number(a) - Number(b)).map((version, index) => [version, `rv-${index + 1}`]))
  const uids = new Names('uid')
  const addresses = new Names('ip')

  const text = (value: string): string => {
    let result = value.replaceAll(id, 'ID')
    result = result
      .replace(uuid, found => uids.of(found))
      .replace(microTime, '<microtime>')
      .replace(time, '<time>')
    for (const [pattern, replacement] of versionsInText) result = result.replace(pattern, replacement)
    return addresses.known(result) ?? result
  }
  const leaf = (path: string, value: unknown): unknown => {
    const key = lastPart(path)
    if (typeof value === 'string') {
      if (key === 'storageVersionHash') return '<hash>'
      // Only a refused name has capitals, and only in a Status.
      if (key === 'message' || (key === 'name' && value !== value.toLowerCase()))
        return text(value).replace(generatedInText, '$1<random>')
      if (key === 'resourceVersion') return ranks.get(value) ?? value
      if (key === 'continue' && value) return '<continue>'
      if (key === 'token' && value.includes('.')) return '<token>'
      if ((key === 'clusterIP' || key === 'clusterIPs') && address.test(value)) return addresses.of(value)
      if (key === 'cells' && age.test(value)) return '<age>'
      return text(value)
    }
    if (typeof value === 'number' && (key === 'nodePort' || key === 'healthCheckNodePort') && value >= 30000) return '<port>'
    return value
  }
  /** `key` is that of the nearest object: list items are seen as their list is. */
  const walk = (key: string, given: unknown, parent?: Dict): unknown => {
    if (Array.isArray(given)) return given.map(item => walk(key, item, parent))
    if (!isDict(given)) return leaf(key, given)
    const value = ordered(given)
    const result: Dict = {}
    // In sorted order, for names are given in the order of sight, and servers write fields in orders of their own.
    for (const field of Object.keys(value).sort()) {
      if (key === 'metadata' && field === 'resourceVersion' && isListMeta(parent))
        result[field] = value[field] ? '<rv>' : value[field]
      else result[text(field)] = walk(field, value[field], value)
    }
    if (typeof value.generateName === 'string' && typeof value.name === 'string' && value.name.startsWith(value.generateName))
      result.name = `${text(value.generateName)}${/^[a-z0-9]{5}$/.test(value.name.slice(value.generateName.length)) ? '<random>' : value.name}`
    return result
  }
  return walk('', answers) as Answer[]
}
