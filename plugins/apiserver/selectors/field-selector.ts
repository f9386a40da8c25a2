/**
 * Field selectors: `spec.nodeName=here,status.phase!=Failed`. Every resource has metadata.name and metadata.namespace, a few have more.
 * Source: k8s.io/apimachinery pkg/fields/selector.go; the tables are those of pkg/apis/core/v1/conversion.go and pkg/registry/*
 */
import { badRequest, type KubeObject } from '@slipway/core/api'

export interface FieldRequirement {
  field: string
  value: string
  equals: boolean
}
export interface FieldSelector {
  matches(object: KubeObject): boolean
  /** The one name that can match, when the selector demands one. */
  name?: string
}

/** Fields beyond the metadata, by plural and group. */
const selectable: Record<string, readonly string[]> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.events.k8s.io': [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  replicationcontrollers: ['status.replicas'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
  'certificatesigningrequests.certificates.k8s.io': ['spec.signerName'],
}

/** Fields whose value is not simply at their path. */
const computed: Record<string, (object: KubeObject) => unknown> = {
  source: object => at(object, 'source.component') || at(object, 'reportingComponent'),
  'status.podIPs': object => at(object, 'status.podIP'),
  'status.successful': object => at(object, 'status.succeeded') ?? 0,
  'status.replicas': object => at(object, 'status.replicas') ?? 0,
  'spec.unschedulable': object => at(object, 'spec.unschedulable') ?? false,
  'spec.hostNetwork': object => at(object, 'spec.hostNetwork') ?? false,
}

const at = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], object)

const textOf = (object: KubeObject, field: string): string => String((computed[field] ?? (o => at(o, field)))(object) ?? '')

/** @throws StatusError 400 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitUnescaped(text)
    .filter(part => part.trim() !== '')
    .map(part => {
      const match = /^((?:[^=!\\]|\\.)*?)(==|!=|=)(.*)$/s.exec(part)
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
      return { field: match[1]!.trim(), equals: match[2] !== '!=', value: match[3]!.replace(/\\([\\,=])/g, '$1') }
    })
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = []
  let current = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) current += text[i]! + text[++i]!
    else if (text[i] === ',') {
      parts.push(current)
      current = ''
    } else current += text[i]
  }
  return [...parts, current]
}

/** Kinds with fields of their own, and custom resources, have one wording, all others another. */
const refusal = (resource: string, field: string, more: readonly string[] | undefined): string =>
  selectable[resource] || more
    ? `field label not supported: ${field}`
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`

/**
 * @param resource plural and group, as in `jobs.batch`
 * @param more further fields, such as a CRD's selectableFields: `spec.color`
 * @throws StatusError 400 for a field that the resource does not offer
 */
export function fieldSelector(text: string | null | undefined, resource: string, more?: readonly string[]): FieldSelector {
  if (!text) return { matches: () => true }
  const requirements = parseFieldSelector(text)
  const allowed = ['metadata.name', 'metadata.namespace', ...(selectable[resource] ?? []), ...(more ?? [])]
  for (const { field } of requirements) if (!allowed.includes(field)) throw badRequest(refusal(resource, field, more))
  const name = requirements.find(r => r.equals && r.field === 'metadata.name')?.value
  return {
    ...(name !== undefined && { name }),
    matches: object => requirements.every(({ field, value, equals }) => (textOf(object, field) === value) === equals),
  }
}
