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
  const position = /position (\d+)/.exec(message)?.[1]
  const token = position ? text[Number(position)] : /^Unexpected token '(.)'/u.exec(message)?.[1]
  if (token === undefined || (position && Number(position) >= text.trimEnd().length)) return 'unexpected end of JSON input'
  // Go looks at bytes, not at characters.
  const found = `invalid character '${String.fromCharCode(Buffer.from(token)[0]!)}'`
  if (/property name/.test(message)) return `${found} looking for beginning of object key string`
  if (/Expected ':'/.test(message)) return `${found} after object key`
  if (/after property value/.test(message)) return `${found} after object key:value pair`
  if (/after array element/.test(message)) return `${found} after array element`
  if (/after JSON/.test(message)) return `${found} after top-level value`
  return `${found} looking for beginning of value`
}

/** The first bytes of a body, as these errors show it. Source: apimachinery pkg/runtime summarizeData */
const summary = (body: Buffer): string => {
  if (!body.length) return '<empty>'
  const shown = body.subarray(0, 30).toString(body[0] === 0x7b ? 'utf8' : 'hex')
  return body.length > 30 ? `${shown} ...` : shown
}

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
  const duplicates = strict.errors.filter(e => e.code === 'DUPLICATE_KEY').map(e => duplicateKey(text, e.linePos?.[0]))
  return { value: JSON.parse(JSON.stringify(value ?? null)), duplicates }
}

/** `line 7: key "k" already set in map`. */
function duplicateKey(text: string, at: { line: number; col: number } | undefined): string {
  const line = text.split('\n')[(at?.line ?? 1) - 1] ?? ''
  const key = /^\s*(?:- )?(.+?)\s*:/.exec(line)?.[1] ?? ''
  return `line ${at?.line ?? 1}: key ${JSON.stringify(key.replace(/^["']|["']$/g, ''))} already set in map`
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

/** What Go decodes type information into. */
const typeMeta = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

export interface ParseOptions {
  /** Of the endpoint, for errors. */
  kind: string
  /** Custom resources must say what they are. */
  custom?: boolean
}

/**
 * An object of a kind.
 * @throws StatusError 400 as kube-apiserver words it, 415
 */
export async function parseObject(
  body: Buffer,
  contentType: string | undefined,
  { kind, custom }: ParseOptions,
): Promise<Document & { value: Record<string, unknown> }> {
  const type = requireMediaType(contentType, objectTypes)
  const refuse = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`)
  let document: Document
  try {
    document = await parseAs(type, body)
  } catch (error) {
    throw refuse(`couldn't get version/kind; ${(error as Error).message}`)
  }
  const value = document.value ?? {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw refuse(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type ${typeMeta}`,
    )
  const { kind: sent } = value as Record<string, unknown>
  if (custom && !sent) throw refuse(`Object 'Kind' is missing in '${body.toString().trim()}'`)
  return { value: value as Record<string, unknown>, duplicates: document.duplicates }
}
