/** Quality of service and resources of containers, in the runtime's units. Pure. Source: kubelet qos/policy.go, cm/helpers_linux.go */
import { type k8s, parseQuantity } from '@slipway/core/api'
import type { Resources } from '../runtime/container-runtime.ts'

type Quantities = Record<string, string> | undefined
const amount = (of: Quantities, what: string): number => (of?.[what] === undefined ? 0 : parseQuantity(of[what]))

export function qosClass(spec: k8s.PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...(spec.initContainers ?? []), ...spec.containers].map(c => c.resources ?? {})
  const uses = (of: Quantities) => ['cpu', 'memory'].some(what => amount(of, what) > 0)
  if (!all.some(r => uses(r.requests) || uses(r.limits))) return 'BestEffort'
  const exact = (r: (typeof all)[number]) =>
    ['cpu', 'memory'].every(what => {
      const limit = amount(r.limits, what)
      return limit > 0 && (r.requests?.[what] === undefined || amount(r.requests, what) === limit)
    })
  return all.every(exact) ? 'Guaranteed' : 'Burstable'
}

/** A request is a weight, a limit a quota; without a request the limit counts as one. */
export function resourcesOf(container: k8s.Container, pidsLimit: number): Resources {
  const { requests, limits } = container.resources ?? {}
  const cpu = amount(requests, 'cpu') || amount(limits, 'cpu')
  const cpuLimit = amount(limits, 'cpu')
  const memoryLimit = amount(limits, 'memory')
  return {
    cpuShares: Math.max(2, Math.floor(cpu * 1024)),
    ...(cpuLimit && { cpuLimit }),
    ...(memoryLimit && { memoryLimit }),
    pidsLimit,
  }
}

/** 0 to 1000; what a smaller one would need is not ours to give (CAP_SYS_RESOURCE). */
export function oomScoreAdj(spec: k8s.PodSpec, container: k8s.Container, machineMemory: number): number {
  const qos = qosClass(spec)
  if (qos === 'Guaranteed') return 0
  if (qos === 'BestEffort') return 1000
  const score = 1000 - Math.floor((1000 * amount(container.resources?.requests, 'memory')) / machineMemory)
  return Math.min(999, Math.max(2, score))
}

/** What the scheduler counts: the larger of all main containers (and sidecars) together and any one init container. */
export function podRequests(spec: k8s.PodSpec): Record<'cpu' | 'memory', number> {
  const of = (c: k8s.Container, what: string) => amount(c.resources?.requests ?? c.resources?.limits, what)
  const sum = (what: string) => {
    const inits = spec.initContainers ?? []
    const always = inits.filter(c => c.restartPolicy === 'Always').reduce((n, c) => n + of(c, what), 0)
    const main = spec.containers.reduce((n, c) => n + of(c, what), always)
    const once = inits.filter(c => c.restartPolicy !== 'Always').map(c => of(c, what) + always)
    return Math.max(main, ...once) + amount(spec.overhead, what)
  }
  return { cpu: sum('cpu'), memory: sum('memory') }
}
