/** What a Job's podFailurePolicy says of a failed pod. Pure. Source: pkg/controller/job/pod_failure_policy.go (KEP-3329) */
import type { k8s } from '@slipway/core/api'

type Policy = NonNullable<k8s.Job['spec']['podFailurePolicy']>
type Rule = Policy['rules'][number]
type ExitCodes = NonNullable<Rule['onExitCodes']>

export interface FailureVerdict {
  /** Does it count towards backoffLimit? */
  counts: boolean
  /** Why the whole Job fails, if it does. */
  failsJob?: string
  /** No pod of this index is started again. */
  failsIndex?: boolean
}

function exited(pod: k8s.Pod, { containerName, operator, values }: ExitCodes): k8s.ContainerStatus | undefined {
  const matches = ({ name, state }: k8s.ContainerStatus) => {
    const code = state?.terminated?.exitCode
    if (!code || (containerName && containerName !== name)) return false
    return operator === 'In' ? values.includes(code) : !values.includes(code)
  }
  return pod.status?.containerStatuses?.find(matches) ?? pod.status?.initContainerStatuses?.find(matches)
}

function matched(pod: k8s.Pod, rule: Rule, index: number): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`
  if (rule.onExitCodes) {
    const container = exited(pod, rule.onExitCodes)
    return (
      container &&
      `Container ${container.name} for pod ${name} failed with exit code ${container.state?.terminated?.exitCode} matching ${rule.action} rule at index ${index}`
    )
  }
  const condition = pod.status?.conditions?.find(c =>
    rule.onPodConditions?.some(pattern => pattern.type === c.type && (pattern.status ?? 'True') === c.status),
  )
  return condition && `Pod ${name} has condition ${condition.type} matching ${rule.action} rule at index ${index}`
}

/** The first rule that matches decides; a failure that none matches counts. */
export function failureVerdict(policy: Policy | undefined, pod: k8s.Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const message = matched(pod, rule, index)
    if (!message) continue
    if (rule.action === 'Ignore') return { counts: false }
    if (rule.action === 'FailJob') return { counts: true, failsJob: message }
    return { counts: true, ...(rule.action === 'FailIndex' && { failsIndex: true }) }
  }
  return { counts: true }
}
