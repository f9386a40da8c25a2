/** How an object is to be deleted: from the body, or from the query. Source: metav1.DeleteOptions and its validation */
import { type FieldError, invalid, invalidObject, notSupported, StatusError } from '@slipway/core/api'
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

/** @throws StatusError 500 for what is no DeleteOptions, as kube-apiserver answers it */
async function sentOptions(body: Buffer, contentType: string | undefined): Promise<Record<string, unknown>> {
  const unreadable = (message: string) => new StatusError(500, 'Unknown', message)
  const { value } = await parseObject(body, contentType, { kind: 'DeleteOptions' }).catch(error => {
    const inner = /couldn't get version\/kind; .*(?= \()/s.exec((error as Error).message)?.[0]
    throw inner ? unreadable(inner) : error
  })
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = value
  if (kind !== 'DeleteOptions')
    throw unreadable(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    )
  return value
}

/** @throws StatusError 400, 422, 500 */
export async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const sentBody = await call.body()
  const { query } = call
  const body = sentBody.length ? await sentOptions(sentBody, call.headers['content-type']) : {}
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
  if (dryRun.some(value => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
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
