/**
 * What a namespace uses of the resources that a ResourceQuota limits. Pure.
 * Source: pkg/quota/v1/evaluator/core pods.go, services.go (Kubernetes 1.34). Scopes beyond Terminating and BestEffort are not told apart.
 */
import { type k8s, parseQuantity } from '@slipway/core/api'
import { isTerminal } from '../pods/pod-state.ts'
import { formatQuantity } from './quantity.ts'

type Pod = k8s.Pod
type Quota = k8s.ResourceQuota
type Amounts = Record<string, string> | undefined

const read = (text: string | undefined) => (text === undefined ? 0 : parseQuantity(text))

/** One pod's sum: containers together, or the largest init container if that is more; sidecars count with the containers. */
function podSum(pod: Pod, of: (container: k8s.Container) => Amounts, resource: string): number {
  const amount = (container: k8s.Container) => read(of(container)?.[resource])
  const inits = pod.spec.initContainers ?? []
  const sidecars = inits.filter(c => c.restartPolicy === 'Always')
  const running = [...pod.spec.containers, ...sidecars].reduce((sum, c) => sum + amount(c), 0)
  const peak = Math.max(0, ...inits.filter(c => c.restartPolicy !== 'Always').map(amount))
  return Math.max(running, peak) + read((pod.spec.overhead as Amounts)?.[resource])
}

const isBestEffort = (pod: Pod) =>
  [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].every(
    c => !Object.keys(c.resources?.requests ?? {}).length && !Object.keys(c.resources?.limits ?? {}).length,
  )

function inScope({ spec }: Quota, pod: Pod): boolean {
  return (spec?.scopes ?? []).every(scope => {
    if (scope === 'Terminating') return pod.spec.activeDeadlineSeconds !== undefined
    if (scope === 'NotTerminating') return pod.spec.activeDeadlineSeconds === undefined
    if (scope === 'BestEffort') return isBestEffort(pod)
    return scope === 'NotBestEffort' ? !isBestEffort(pod) : true
  })
}

/** The resource whose objects a name counts: `configmaps` and `count/deployments.apps` do; `requests.cpu` does not. */
export function countedResource(name: string): { group: string; resource: string } | undefined {
  const counted = name.startsWith('count/') ? name.slice(6) : /^[a-z]+$/.test(name) ? name : undefined
  if (!counted || ['cpu', 'memory'].includes(counted)) return undefined
  const dot = counted.indexOf('.')
  return dot < 0 ? { group: '', resource: counted } : { group: counted.slice(dot + 1), resource: counted.slice(0, dot) }
}

export interface UsageView {
  pods: Pod[]
  services: k8s.CoreService[]
  /** How many objects of a resource there are; undefined where it is not known. */
  count(group: string, resource: string): number | undefined
}

function usageOf(name: string, quota: Quota, { pods, services, count }: UsageView): number | undefined {
  if (name.startsWith('services.'))
    return services.filter(({ spec }) =>
      name === 'services.loadbalancers'
        ? spec?.type === 'LoadBalancer'
        : spec?.type === 'NodePort' || spec?.type === 'LoadBalancer',
    ).length
  const charged = pods.filter(pod => !isTerminal(pod) && inScope(quota, pod))
  if (name === 'pods') return charged.length
  const compute = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name)
  if (compute) {
    const field = compute[1] === 'limits' ? 'limits' : 'requests'
    return charged.reduce((sum, pod) => sum + podSum(pod, c => c.resources?.[field] as Amounts, compute[2]!), 0)
  }
  const counted = countedResource(name)
  return counted && count(counted.group, counted.resource)
}

export function quotaStatus(quota: Quota, view: UsageView): NonNullable<Quota['status']> {
  const hard = (quota.spec?.hard ?? {}) as Record<string, string>
  const used: Record<string, string> = {}
  for (const name of Object.keys(hard)) {
    const amount = usageOf(name, quota, view)
    if (amount !== undefined) used[name] = formatQuantity(name, amount)
  }
  return { hard, used }
}
