/**
 * Reads Kubernetes' protobuf bodies, which typed Go clients send for built-in types, into the JSON form of the same objects.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { type MessageField, messageFields } from './messages.ts'
import { type WireValue, wireFields } from './wire.ts'

type Dict = Record<string, unknown>
const magic = [0x6b, 0x38, 0x73, 0x00]
const text = new TextDecoder()
const unknownType = 'k8s.io.apimachinery.pkg.runtime.Unknown'

const asString = (value: WireValue): string => (typeof value === 'bigint' ? String(value) : text.decode(value))
const signed = (value: WireValue): number => (typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0)

const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1.'

/** Types whose JSON is not an object of their fields. */
const special: Record<string, (bytes: Uint8Array) => unknown> = {
  [`${meta}Time`]: bytes => timeText(bytes, false),
  [`${meta}MicroTime`]: bytes => timeText(bytes, true),
  [`${meta}Duration`]: bytes => `${Number(plain(bytes)[1] ?? 0n) / 1e9}s`,
  [`${meta}FieldsV1`]: bytes => jsonOf(plain(bytes)[1]),
  'k8s.io.apimachinery.pkg.api.resource.Quantity': bytes => asString(plain(bytes)[1] ?? new Uint8Array()),
  'k8s.io.apimachinery.pkg.runtime.RawExtension': bytes => jsonOf(plain(bytes)[1]),
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString'(bytes) {
    const { 1: type = 0n, 2: number = 0n, 3: string } = plain(bytes)
    return type === 0n ? signed(number) : asString(string ?? new Uint8Array())
  },
}

const plain = (bytes: Uint8Array): Record<number, WireValue> =>
  Object.fromEntries([...wireFields(bytes)].map(({ number, value }) => [number, value]))
const jsonOf = (value: WireValue | undefined): unknown =>
  value instanceof Uint8Array && value.length ? JSON.parse(text.decode(value)) : undefined

function timeText(bytes: Uint8Array, micro: boolean): string | null {
  const { 1: seconds = 0n, 2: nanos = 0n } = plain(bytes)
  if (seconds === 0n && nanos === 0n) return null
  const whole = new Date(signed(seconds) * 1000).toISOString().slice(0, 19)
  return micro ? `${whole}.${String(signed(nanos) / 1000).padStart(6, '0')}Z` : `${whole}Z`
}

function readMessage(name: string, bytes: Uint8Array): unknown {
  const read = special[name]
  if (read) return read(bytes)
  const fields = messageFields(name)
  if (!fields) throw new SyntaxError(`proto: the message ${name} is not known`)
  const [only] = fields.values()
  if (fields.size === 1 && only![0] === '' && only![1].startsWith('*')) return readItems(only!, bytes)
  const object: Dict = {}
  for (const { number, value } of wireFields(bytes)) {
    const field = fields.get(number)
    if (field) put(object, field, value)
  }
  return object
}

const readItems = ([, type]: MessageField, bytes: Uint8Array): unknown[] =>
  [...wireFields(bytes)].map(({ value }) => readValue(type.slice(1), value))

function put(object: Dict, [json, type]: MessageField, value: WireValue): void {
  if (type.startsWith('*')) {
    const list = (object[json] ??= []) as unknown[]
    list.push(readValue(type.slice(1), value))
  } else if (type.startsWith('%')) {
    const map = (object[json] ??= {}) as Dict
    const { 1: key = new Uint8Array(), 2: item } = plain(value as Uint8Array)
    map[asString(key)] = readValue(type.slice(1), item ?? (type.length > 2 || 'sx'.includes(type[1]!) ? new Uint8Array() : 0n))
  } else if (json === '') Object.assign(object, readValue(type, value))
  else object[json] = readValue(type, value)
}

function readValue(type: string, value: WireValue): unknown {
  switch (type) {
    case 's':
      return asString(value)
    case 'x':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'b':
      return value !== 0n
    case 'i':
      return signed(value)
    case 'd':
      return Buffer.from(value as Uint8Array).readDoubleLE(0)
    default:
      return readMessage(type, value as Uint8Array)
  }
}

/** The package of a group version's messages: `apps/v1` is `k8s.io.api.apps.v1`. */
function messageName(apiVersion: string, kind: string): string {
  if (kind.endsWith('Options') && messageFields(meta + kind)) return meta + kind
  const [version, group = ''] = apiVersion.split('/').reverse() as [string, string?]
  const short = group === '' ? 'core' : group.split('.')[0]!
  const names: Record<string, string> = { 'rbac.authorization.k8s.io': 'rbac', 'events.k8s.io': 'events' }
  return `k8s.io.api.${names[group] ?? short}.${version}.${kind}`
}

/**
 * @returns the object with its apiVersion and kind
 * @throws SyntaxError for what is no such body, or of a type that has no protobuf form
 */
export function decodeProtobuf(body: Uint8Array): Dict {
  if (!magic.every((byte, i) => body[i] === byte))
    throw new SyntaxError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const envelope = readEnvelope(body.subarray(4))
  const name = messageName(envelope.apiVersion, envelope.kind)
  if (!messageFields(name))
    throw new SyntaxError(`no protobuf form of ${envelope.kind} in ${envelope.apiVersion} is known; send it as JSON`)
  return { apiVersion: envelope.apiVersion, kind: envelope.kind, ...(readMessage(name, envelope.raw) as Dict) }
}

/** Source: the message Unknown of k8s.io.apimachinery.pkg.runtime */
function readEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  const { 1: type, 2: raw } = plain(bytes)
  if (!(type instanceof Uint8Array)) throw new SyntaxError(`proto: ${unknownType} without a type`)
  const { 1: apiVersion, 2: kind } = plain(type)
  return {
    apiVersion: apiVersion === undefined ? '' : asString(apiVersion),
    kind: kind === undefined ? '' : asString(kind),
    raw: raw instanceof Uint8Array ? raw : new Uint8Array(),
  }
}
