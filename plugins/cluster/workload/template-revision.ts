/** Names the revision of a pod template, for sets that replace their pods in place. Pure. */
import type { k8s } from '@slipway/core/api'
import { canonicalJson } from '@slipway/core/runtime'
import { suffixOf } from '../pods/name-suffix.ts'

export const revisionLabel = 'controller-revision-hash'

const hashOfTemplate = (template: k8s.PodTemplateSpec | undefined): string => suffixOf(canonicalJson(template ?? {}), 10)
export const templateRevision = (name: string, template: k8s.PodTemplateSpec | undefined): string =>
  `${name}-${hashOfTemplate(template)}`
/** Of a DaemonSet the label has the hash alone. */
export const templateHash = hashOfTemplate
