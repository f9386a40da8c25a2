/** From a request's body to a value: JSON, or YAML where the content type says so; refusals in Kubernetes' own words. */
import { badRequest, StatusError } from '@slipway/core/api'
import { duplicateFields } from './duplicate-fields.ts'

export interface Document {
  value: unknown
  /** Keys given twice, for strict field validation: `duplicate field "spec.replicas"`. */
  duplicates: string[]
}

/** What Go's JSON decoder says, as far as V8's message tells it. */
function goMessage(text: string, error: unknown): string {
  const { message } = error as Error
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length)
  if (at >= text.trimEnd().length || /Unexpected end|Unterminated/.test(message)) return 'unexpected end of JSON input'
  const found = `invalid character '${text[at]}'`
  if (/property name/.test(message)) return `${found} looking for beginning of object key string`
  if (/Expected ':'/.test(message)) return `${found} after object key`
  if (/after property value/.test(message)) return `${found} after object key:value pair`
  if (/after array element/.test(message)) return `${found} after array element`
  if (/after JSON/.test(message)) return `${found} after top-level value`
  return `${found} looking for beginning of value`
}

/** The first bytes of a body in hexadecimal, as Go's `%x` prints them in these errors. */
const summary = (body: Buffer): string =>
  body.length > 30 ? `${body.subarray(0, 30).toString('hex')} ...` : body.toString('hex')

/** @throws SyntaxError with Go's message */
export function parseJson(text: string): Document {
  try {
    return { value: JSON.parse(text), duplicates: duplicateFields(text) }
  } catch (error) {
    throw new SyntaxError(`json parse error: ${goMessage(text, error)}`)
  }
}

/** @throws SyntaxError */
export async function parseYaml(text: string): Promise<Document> {
  if (/^\s*[{[]/.test(text)) {
    try {
      return parseJson(text)
    } catch {
      // Flow style YAML that is not JSON.
    }
  }
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { uniqueKeys: false, schema: 'yaml-1.1', version: '1.1', merge: true })
  const [error] = document.errors
  if (error) throw new SyntaxError(`error converting YAML to JSON: yaml: ${error.message.split('\n')[0]}`)
  const value: unknown = document.toJS({ maxAliasCount: 1000 })
  const strict = parseDocument(text, { uniqueKeys: true, version: '1.1', merge: true })
  const duplicates = strict.errors
    .filter(e => e.code === 'DUPLICATE_KEY')
    .map(e => `yaml: line ${e.linePos?.[0].line ?? 1}: ${/"([^"]+)"/.exec(e.message)?.[0] ?? 'key'} already set in map`)
  return { value: JSON.parse(JSON.stringify(value ?? null)), duplicates }
}

const unknownFormat = (accepted: readonly string[]) =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** Parameters such as `charset=utf-8` are dropped; an absent type is JSON. */
export const mediaType = (header: string | undefined): string =>
  (header ?? '').split(';')[0]!.trim().toLowerCase() || 'application/json'

/** @throws StatusError 415 */
export function requireMediaType(header: string | undefined, accepted: readonly string[]): string {
  const type = mediaType(header)
  if (!accepted.includes(type)) throw unknownFormat(accepted)
  return type
}

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

async function parseAs(type: string, body: Buffer): Promise<Document> {
  if (type === 'application/json') return parseJson(body.toString())
  if (type === 'application/yaml') return parseYaml(body.toString())
  const { decodeProtobuf } = await import('./protobuf/decode-protobuf.ts')
  return { value: decodeProtobuf(body), duplicates: [] }
}

/**
 * An object of a kind.
 * @throws StatusError 400 as kube-apiserver words it, 415
 */
export async function parseObject(body: Buffer, contentType: string | undefined, kind: string): Promise<Document> {
  const type = requireMediaType(contentType, objectTypes)
  let document: Document
  try {
    document = await parseAs(type, body)
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ${(error as Error).message} (${summary(body)})`,
    )
  }
  if (typeof document.value !== 'object' || document.value === null || Array.isArray(document.value)) {
    const got = Array.isArray(document.value) ? 'array' : document.value === null ? 'null' : typeof document.value
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${got} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${summary(body)})`,
    )
  }
  return document
}
