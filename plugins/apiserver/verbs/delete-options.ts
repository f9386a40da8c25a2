/** How an object is to be deleted: from the body, or from the query. Source: metav1.DeleteOptions and its validation */
import { badRequest, type FieldError, invalid, invalidObject, notSupported } from '@slipway/core/api'
import { isDict } from '../apply/shape.ts'
import { parseObject } from '../decode/parse-document.ts'
import type { Call } from './call.ts'

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  uid?: string
  resourceVersion?: string
  dryRun: boolean
  /** The deprecated form of the policy, which decides the status code. */
  orphanDependents?: boolean
}

const policies = ['Foreground', 'Background', 'Orphan']
const number = (text: string | null) => (text === null || text === '' ? undefined : Number(text))

/** @throws StatusError 400, 422 */
export async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const sentBody = await call.body()
  const { query } = call
  const sent = sentBody.length ? (await parseObject(sentBody, call.headers['content-type'], 'DeleteOptions')).value : undefined
  const body = isDict(sent) ? sent : {}
  const isOptions = body.kind === undefined || body.kind === 'DeleteOptions'
  if (!isOptions) throw badRequest(`converting (${String(body.kind)}) to (v1.DeleteOptions): unknown conversion`)
  const preconditions = isDict(body.preconditions) ? body.preconditions : {}
  const grace = (body.gracePeriodSeconds as number | undefined) ?? number(query.get('gracePeriodSeconds'))
  const policy = (body.propagationPolicy as string | undefined) ?? query.get('propagationPolicy') ?? undefined
  const orphan =
    (body.orphanDependents as boolean | undefined) ??
    (query.has('orphanDependents') ? query.get('orphanDependents') === 'true' : undefined)
  const dryRun = [...((body.dryRun as string[] | undefined) ?? []), ...query.getAll('dryRun').filter(Boolean)]
  const errors: FieldError[] = []
  if (policy !== undefined && orphan !== undefined)
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'))
  if (policy !== undefined && !policies.includes(policy))
    errors.push(notSupported('propagationPolicy', policy, [...policies, 'nil']))
  const wrong = dryRun.find(value => value !== 'All')
  if (wrong !== undefined) errors.push(notSupported('dryRun', wrong, ['All']))
  if (errors.length) throw invalidObject('DeleteOptions', 'meta.k8s.io', '', errors)
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== undefined && { propagationPolicy: policy as NonNullable<DeleteOptions['propagationPolicy']> }),
    ...(orphan !== undefined && { orphanDependents: orphan, propagationPolicy: orphan ? 'Orphan' : 'Background' }),
    ...(preconditions.uid !== undefined && { uid: String(preconditions.uid) }),
    ...(preconditions.resourceVersion !== undefined && { resourceVersion: String(preconditions.resourceVersion) }),
    dryRun: dryRun.length > 0,
  }
}
