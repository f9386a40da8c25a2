/** POST serviceaccounts/NAME/token: a TokenRequest answered with a signed token. Source: k8s.io/kubernetes pkg/registry/core/serviceaccount/storage/token.go */
import { badRequest, invalid, invalidObject } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { isDict } from '../apply/shape.ts'
import type { VerbHandler } from '../verbs/call.ts'
import { requireEntry } from '../verbs/get.ts'
import { sentObject } from '../verbs/sent-object.ts'

const minSeconds = 600
const hour = 3600
const maxSeconds = 2 ** 32

interface TokenRequestSpec {
  audiences?: string[]
  expirationSeconds?: number
  boundObjectRef?: { kind?: string; name?: string; uid?: string }
}

export const serviceAccountToken: VerbHandler = async (context, call) => {
  const { value } = await sentObject(call, 'TokenRequest')
  const sent = value as { metadata?: Record<string, unknown>; spec?: TokenRequestSpec }
  const spec: TokenRequestSpec = isDict(sent.spec) ? sent.spec : {}
  const { expirationSeconds = hour, boundObjectRef, audiences = [] } = spec
  const refuse = (why: string) =>
    invalidObject('TokenRequest', 'authentication.k8s.io', '', [invalid('spec.expirationSeconds', expirationSeconds, why)])
  if (expirationSeconds < minSeconds) throw refuse('may not specify a duration less than 10 minutes')
  if (expirationSeconds > maxSeconds) throw refuse('may not specify a duration larger than 2^32 seconds')
  const account = requireEntry(context.store, call.resource, call.namespace, call.name!).object
  const pod = boundObjectRef ? boundPod(boundObjectRef) : undefined
  const issuedAt = Math.floor(context.now() / 1000)
  const token = context.tokens.issue({
    namespace: call.namespace,
    name: call.name!,
    uid: account.metadata.uid!,
    ...(pod && { pod }),
    audiences,
    issuedAt,
    expiresAt: issuedAt + expirationSeconds,
  })
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: call.name, namespace: call.namespace, creationTimestamp: rfc3339(context.now()) },
    spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp: rfc3339((issuedAt + expirationSeconds) * 1000) },
  }
  return { code: 201, json: JSON.stringify(answer) }
}

function boundPod({ kind, name, uid }: NonNullable<TokenRequestSpec['boundObjectRef']>) {
  if (kind !== 'Pod' || !name) throw badRequest(`cannot bind token to object of type ${kind}`)
  return { name, uid: uid ?? '' }
}
