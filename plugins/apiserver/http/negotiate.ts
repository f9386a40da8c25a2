/** Which form of answer a client asks for. Source: k8s.io/apiserver pkg/endpoints/handlers/negotiation */
import { StatusError } from '@slipway/core/api'

export type AnswerForm = 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export interface Accepted {
  encoding: 'json' | 'yaml'
  form: AnswerForm
  /** `v1` or `v1beta1`, for Table and PartialObjectMetadata. */
  version: string
}

const plain: Accepted = { encoding: 'json', form: 'object', version: 'v1' }
const json = new Set(['application/json', '*/*'])
const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const known = new Map<string, Accepted>()

function one(clause: string): Accepted | undefined {
  const [type, ...parameters] = clause.split(';').map(part => part.trim())
  const encoding = json.has(type!) ? 'json' : type === 'application/yaml' ? 'yaml' : undefined
  if (!encoding) return undefined
  const given = Object.fromEntries(parameters.map(p => p.split('=', 2) as [string, string]))
  if (!given.as) return { ...plain, encoding }
  if (given.g && given.g !== 'meta.k8s.io') return undefined
  const version = given.v ?? 'v1'
  if (version !== 'v1' && version !== 'v1beta1') return undefined
  if (given.as !== 'Table' && given.as !== 'PartialObjectMetadata' && given.as !== 'PartialObjectMetadataList') return undefined
  return { encoding, form: given.as, version }
}

/**
 * The first clause that can be answered; protobuf and CBOR are passed over, so that clients which list JSON after them get it.
 * @throws StatusError 406 when none can
 */
export function negotiate(accept: string | undefined): Accepted {
  if (!accept || accept === 'application/json') return plain
  const cached = known.get(accept)
  if (cached) return cached
  for (const clause of accept.split(',')) {
    const found = one(clause.trim())
    if (!found) continue
    if (known.size < 100) known.set(accept, found)
    return found
  }
  throw notAcceptable(accept)
}

/** A type that the server does not know at all is refused by its router, one that it knows by the resource. */
function notAcceptable(accept: string): StatusError {
  const types = accept.split(',').map(clause => clause.split(';')[0]!.trim())
  if (types.some(type => offered.includes(type) || json.has(type)))
    return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${offered.join(', ')}`)
  const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
  return new StatusError(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${[...offered, ...streams].join(', ')}`,
    {},
  )
}
