/** Defaults of the smaller API groups. Source: k8s.io/kubernetes pkg/apis/GROUP/v1/defaults.go */
import { each, type Loose, type LooseObject } from '../loose.ts'
import { setDefault } from './set-default.ts'

export function endpointSlice(object: LooseObject): void {
  for (const port of each(object.ports)) {
    port.name ??= ''
    setDefault(port, 'protocol', 'TCP')
  }
}

const scaleUp = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }

/** Of autoscaling/v2; objects of v1 have only `minReplicas` and a target, which convert to it. */
export function horizontalPodAutoscaler({ apiVersion, spec }: LooseObject): void {
  spec.minReplicas ??= 1
  if (apiVersion === 'autoscaling/v1') return
  if (!spec.metrics?.length)
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
  if (!spec.behavior) return
  spec.behavior = {
    scaleUp: { ...structuredClone(scaleUp), ...spec.behavior.scaleUp },
    scaleDown: { ...structuredClone(scaleDown), ...spec.behavior.scaleDown },
  }
}

const rbac = 'rbac.authorization.k8s.io'
export function roleBinding(object: LooseObject): void {
  if (object.roleRef) setDefault(object.roleRef, 'apiGroup', rbac)
  for (const subject of each(object.subjects))
    if (subject.kind === 'User' || subject.kind === 'Group') setDefault(subject, 'apiGroup', rbac)
}

export function networkPolicy({ spec }: LooseObject): void {
  for (const rule of [...each(spec?.ingress), ...each(spec?.egress)])
    for (const port of each(rule.ports)) setDefault(port, 'protocol', 'TCP')
  if (spec && !spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
}

export function ingressClass({ spec }: LooseObject): void {
  if (spec?.parameters) setDefault(spec.parameters, 'scope', 'Cluster')
}

export function storageClass(object: LooseObject): void {
  setDefault(object, 'reclaimPolicy', 'Delete')
  setDefault(object, 'volumeBindingMode', 'Immediate')
}

export function csiDriver({ spec }: LooseObject): void {
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType')
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
}

export const priorityClass = (object: LooseObject): void => setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority')

function webhook(w: Loose): void {
  setDefault(w, 'failurePolicy', 'Fail')
  setDefault(w, 'matchPolicy', 'Equivalent')
  w.namespaceSelector ??= {}
  w.objectSelector ??= {}
  w.timeoutSeconds ??= 10
  for (const rule of each(w.rules)) setDefault(rule, 'scope', '*')
  if (w.clientConfig?.service) w.clientConfig.service.port ??= 443
}
export const validatingWebhooks = (object: LooseObject): void => each(object.webhooks).forEach(webhook)
export function mutatingWebhooks(object: LooseObject): void {
  for (const w of each(object.webhooks)) {
    webhook(w)
    setDefault(w, 'reinvocationPolicy', 'Never')
  }
}

function matchResources(match: Loose | undefined): void {
  if (!match) return
  setDefault(match, 'matchPolicy', 'Equivalent')
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...each(match.resourceRules), ...each(match.excludeResourceRules)]) setDefault(rule, 'scope', '*')
}
export function admissionPolicy({ spec }: LooseObject): void {
  if (!spec) return
  setDefault(spec, 'failurePolicy', 'Fail')
  matchResources(spec.matchConstraints)
}
export const admissionPolicyBinding = ({ spec }: LooseObject): void => matchResources(spec?.matchResources)

/** Source: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go */
export function customResourceDefinition(object: LooseObject): void {
  const { names = {} } = object.spec ?? {}
  if (!object.spec) return
  setDefault(names, 'singular', String(names.kind ?? '').toLowerCase())
  if (names.kind) setDefault(names, 'listKind', `${names.kind}List`)
  object.spec.conversion ??= { strategy: 'None' }
  object.status ??= {}
  const stored = each(object.spec.versions).find(v => v.storage)
  if (!object.status.storedVersions?.length && stored) object.status.storedVersions = [stored.name]
}
