/** What a new pod gets beyond its defaults: from admission, and its first status. Source: k8s.io/kubernetes plugin/pkg/admission, pkg/registry/core/pod/strategy.go */
import { compareQuantities } from '../../quantity.ts'
import { setDefault } from '../defaults/set-default.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'

const evicted = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })

/** What admission adds to each new pod: ServiceAccount, Priority and DefaultTolerationSeconds. */
function admit(spec: Loose): void {
  setDefault(spec, 'serviceAccountName', 'default')
  spec.serviceAccount = spec.serviceAccountName
  spec.priority ??= 0
  setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority')
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = each(spec.tolerations).some(t => (!t.key || t.key === key) && (!t.effect || t.effect === 'NoExecute'))
    if (!tolerated) spec.tolerations = [...each(spec.tolerations), evicted(key)]
  }
}

/** Source: pkg/apis/core/v1/helper/qos */
export function qosClass(spec: Loose): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const counted = ['cpu', 'memory']
  const all = [...each(spec.containers), ...each(spec.initContainers)]
  const nonZero = (quantity: unknown) => quantity !== undefined && compareQuantities(quantity as string, '0') > 0
  const any = all.some(c => counted.some(r => nonZero(c.resources?.requests?.[r]) || nonZero(c.resources?.limits?.[r])))
  if (!any) return 'BestEffort'
  const equal = (c: Loose, r: string) =>
    nonZero(c.resources?.limits?.[r]) &&
    compareQuantities(c.resources.requests?.[r] ?? c.resources.limits[r], c.resources.limits[r]) === 0
  return all.every(c => counted.every(r => equal(c, r))) ? 'Guaranteed' : 'Burstable'
}

/** Source: applySchedulingGatedCondition */
const gated = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: null,
}

export function newPod(object: LooseObject): void {
  const { spec } = object
  admit(spec)
  // A negative grace means at once. Source: pkg/registry/core/pod/strategy.go
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1
  object.status = {
    phase: 'Pending',
    ...(spec.schedulingGates?.length && { conditions: [{ ...gated }] }),
    qosClass: qosClass(spec),
  }
}
