/** Resources that are only asked, never stored: who am I, may I. Source: k8s.io/kubernetes pkg/registry/authorization, pkg/registry/authentication */
import { type Attributes, mastersGroup, type User } from '../access/user.ts'
import { isDict } from '../apply/shape.ts'
import type { Call, ServerContext, VerbHandler } from '../verbs/call.ts'
import { sentObject } from '../verbs/sent-object.ts'

type Spec = Record<string, unknown>
type Review = (context: ServerContext, spec: Spec, call: Call) => Record<string, unknown>

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function attributesOf(spec: Spec): Attributes {
  const asked = isDict(spec.resourceAttributes) ? spec.resourceAttributes : undefined
  if (!asked) {
    const plain = isDict(spec.nonResourceAttributes) ? spec.nonResourceAttributes : {}
    return { verb: text(plain.verb), group: '', resource: '', path: text(plain.path) }
  }
  return {
    verb: text(asked.verb),
    group: text(asked.group),
    resource: text(asked.resource),
    ...(asked.subresource ? { subresource: text(asked.subresource) } : {}),
    ...(asked.namespace ? { namespace: text(asked.namespace) } : {}),
    ...(asked.name ? { name: text(asked.name) } : {}),
  }
}

function decision({ authorize }: ServerContext, user: User, spec: Spec) {
  const { allowed, reason } = authorize(user, attributesOf(spec))
  return { allowed, ...(reason && { reason }) }
}
const subjectOf = (spec: Spec): User => ({ name: text(spec.user), groups: (spec.groups as string[] | undefined) ?? [] })
const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid && { uid }),
  groups,
  ...(extra && { extra }),
})

const reviews: Record<string, Review> = {
  SelfSubjectAccessReview: (context, spec, { user }) => decision(context, user, spec),
  SubjectAccessReview: (context, spec) => decision(context, subjectOf(spec), spec),
  LocalSubjectAccessReview: (context, spec) => decision(context, subjectOf(spec), spec),
  SelfSubjectRulesReview(_context, _spec, { user }) {
    const all = user.groups.includes(mastersGroup)
    const anything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
    return {
      resourceRules: all ? [anything] : [],
      nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
      incomplete: false,
    }
  },
  SelfSubjectReview: (_context, _spec, { user }) => ({ userInfo: userInfo(user) }),
  TokenReview({ tokens }, spec) {
    const user = tokens.identify(text(spec.token))
    return user ? { authenticated: true, user: userInfo(user) } : { error: 'the token is not valid' }
  },
}

export const isReview = (kind: string): boolean => kind in reviews

export const review: VerbHandler = async (context, call) => {
  const { kind, group, version } = call.resource
  const { value } = await sentObject(call, kind)
  const spec = isDict((value as { spec?: unknown }).spec) ? (value as { spec: Spec }).spec : {}
  const status = reviews[kind]!(context, spec, call)
  const shown = kind === 'SelfSubjectReview' ? {} : { spec }
  const answer = { kind, apiVersion: `${group}/${version}`, metadata: {}, ...shown, status }
  return { code: 201, json: JSON.stringify(answer) }
}
