/** Does a pod fit on this node? Pure. The words are those of kube-scheduler (framework/types.go, FitError). */
import type { k8s } from '@slipway/core/api'
import { podRequests } from '../pod/qos-class.ts'

export interface Capacity {
  /** Cores. */
  cpu: number
  /** Bytes. */
  memory: number
  pods: number
}

const hasEnded = (pod: k8s.Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

type Requirement = { key: string; operator: string; values?: string[] }
function meets({ key, operator, values = [] }: Requirement, labels: Record<string, string>): boolean {
  const value = labels[key]
  if (operator === 'In') return value !== undefined && values.includes(value)
  if (operator === 'NotIn') return value === undefined || !values.includes(value)
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const [a, b] = [Number(value), Number(values[0])]
  return operator === 'Gt' ? a > b : operator === 'Lt' ? a < b : false
}

function matchesNode(pod: k8s.Pod, labels: Record<string, string>): boolean {
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return selected && (!terms || terms.some(t => (t.matchExpressions ?? []).every(e => meets(e as Requirement, labels))))
}

/**
 * @param here pods bound to this node
 * @returns why it does not fit, or undefined
 */
export function unfit(pod: k8s.Pod, here: k8s.Pod[], capacity: Capacity, labels: Record<string, string>): string | undefined {
  const reasons: string[] = []
  if (!matchesNode(pod, labels)) reasons.push(`1 node(s) didn't match Pod's node affinity/selector`)
  const present = here.filter(p => !hasEnded(p) && p.metadata.uid !== pod.metadata.uid)
  if (present.length + 1 > capacity.pods) reasons.push('1 Too many pods')
  const wants = podRequests(pod.spec)
  const used = present.map(p => podRequests(p.spec))
  for (const what of ['cpu', 'memory'] as const) {
    const taken = used.reduce((sum, r) => sum + r[what], 0)
    // Sums of decimal fractions are a hair off.
    if (wants[what] > 0 && taken + wants[what] > capacity[what] + 1e-9) reasons.push(`1 Insufficient ${what}`)
  }
  if (!reasons.length) return undefined
  return `0/1 nodes are available: ${reasons.join(', ')}. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.`
}
