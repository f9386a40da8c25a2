/**
 * What the server adds to a new object that its author does not own: the strategies' and admission's part, which server-side apply does not track.
 * Each changes the object in place, which has its name and uid and its defaults.
 * Source: PrepareForCreate of the strategies below k8s.io/kubernetes pkg/registry
 */
import type { KubeObject } from '../../meta.ts'
import { filled } from '../decode.ts'
import { defaultsOf } from '../defaults/index.ts'
import { setDefault } from '../defaults/set-default.ts'
import { definition, definitionName } from '../definitions.ts'
import type { LooseObject } from '../loose.ts'
import { newPod } from './pod.ts'

export { qosClass } from './pod.ts'

/** One family, IPv4: the only one that the built-in cluster has. Source: pkg/registry/core/service/storage/alloc.go */
function addressFamilies({ spec }: LooseObject): void {
  if (spec.type === 'ExternalName') return
  if (spec.clusterIP === 'None') spec.clusterIPs ??= ['None']
  else if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP]
  else if (spec.clusterIPs?.length) spec.clusterIP = spec.clusterIPs[0]
  spec.ipFamilies ??= ['IPv4']
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack')
}

/** A new Job selects its pods by its own uid, unless told otherwise. */
function generateSelector(object: LooseObject): void {
  const { metadata, spec } = object
  if (spec.manualSelector || !metadata.uid) return
  const labels = {
    'batch.kubernetes.io/controller-uid': metadata.uid,
    'batch.kubernetes.io/job-name': metadata.name,
    'controller-uid': metadata.uid,
    'job-name': metadata.name,
  }
  spec.template ??= {}
  spec.template.metadata ??= {}
  spec.template.metadata.labels = { ...spec.template.metadata.labels, ...labels }
  spec.selector ??= {}
  spec.selector.matchLabels = { ...spec.selector.matchLabels, 'batch.kubernetes.io/controller-uid': metadata.uid }
}

function newNamespace(object: LooseObject): void {
  object.spec ??= {}
  object.spec.finalizers = [...new Set(['kubernetes', ...(object.spec.finalizers ?? [])])]
  object.status = { phase: 'Active' }
}

// biome-ignore lint/suspicious/noExplicitAny: narrowed to Prepare where it is handed out
const byKind: Record<string, (object: any) => void> = {
  Pod: newPod,
  Namespace: newNamespace,
  Service: addressFamilies,
  'Job.batch': generateSelector,
}

export type Prepare = (object: KubeObject) => void

/** For new objects of a built-in kind: an empty status, whatever the author sent, then what is the kind's own. */
export function prepareOf(group: string, version: string, kind: string): Prepare {
  const special = byKind[group ? `${kind}.${group}` : kind]
  return object => {
    const whole = object as LooseObject
    const status = definition(definitionName(group, version, kind)!).properties?.status
    if (status) whole.status = { ...filled(status), ...(keepsStatus[kind] && whole.status) }
    special?.(object)
    // As when it is read back: what the steps above made possible. Source: defaulting in the codec
    if (special || status) defaultsOf(group, kind)?.(object)
  }
}

/** Kubelets write it when they register themselves. Source: pkg/registry/core/node/strategy.go */
const keepsStatus: Record<string, boolean> = { Node: true, CustomResourceDefinition: true, CertificateSigningRequest: true }
