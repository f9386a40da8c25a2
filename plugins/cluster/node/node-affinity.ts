/** Does a node fit a pod's nodeSelector and required node affinity? Pure. Source: k8s.io/component-helpers scheduling/corev1/nodeaffinity */
import type { k8s } from '@slipway/core/api'
import { hasLabels } from '../selector.ts'

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

function holds({ key, operator, values = [] }: Requirement, of: Record<string, string> | undefined): boolean {
  const value = of?.[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
    default:
      return false
  }
}

export function fitsNode({ nodeSelector = {}, affinity }: k8s.PodSpec, { metadata }: k8s.Node): boolean {
  if (!hasLabels(metadata.labels, nodeSelector)) return false
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  // Terms are alternatives; an empty term matches nothing.
  return (
    !terms ||
    terms.some(({ matchExpressions = [], matchFields = [] }) => {
      if (!matchExpressions.length && !matchFields.length) return false
      return (
        matchExpressions.every(r => holds(r, metadata.labels)) &&
        matchFields.every(r => holds(r, { 'metadata.name': metadata.name }))
      )
    })
  )
}
