/** The status that the API shows of a pod. Pure. Source: kubelet's generateAPIPodStatus (kubelet_pods.go) and status/generate.go */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { publicId } from './paths.ts'
import { containersOf, type PodContainer } from './pod-containers.ts'
import type { ContainerState, Ended, PodState } from './pod-state.ts'
import { qosClass } from './qos-class.ts'

export interface StatusFacts {
  hostIP: string
  /** The scheme of container ids: `runc://…`. */
  runtime: string
  /** Containers between restarts, and until when. */
  backingOff: Record<string, number>
  now: number
}
export type PodStatus = NonNullable<k8s.Pod['status']>
type Conditions = NonNullable<PodStatus['conditions']>
type Condition = Conditions[number]

const isSettled = (c: ContainerState) => c.phase === 'exited' || c.phase === 'waiting'

const initIsDone = (all: PodContainer[], state: PodState): boolean =>
  all
    .filter(c => c.kind !== 'main')
    .every(({ kind, spec: { name } }) => {
      const c = state.containers[name]!
      return kind === 'sidecar' ? c.started : c.phase === 'exited' && c.ended!.exitCode === 0
    })

export function phaseOf(all: PodContainer[], state: PodState): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (state.final && Object.values(state.containers).every(isSettled)) return state.final.phase
  const main = all.filter(c => c.kind === 'main').map(c => state.containers[c.spec.name]!)
  // Once one has run, the pod is running, also between restarts.
  return main.some(
    c => c.attempt >= 0 && (c.phase !== 'starting' || c.attempt > 0) && (c.startedAt !== undefined || c.ended !== undefined),
  )
    ? 'Running'
    : 'Pending'
}

const terminated = (ended: Ended) => ({
  exitCode: ended.exitCode,
  reason: ended.reason,
  ...(ended.message && { message: ended.message }),
  ...(ended.startedAt !== undefined && { startedAt: rfc3339(ended.startedAt) }),
  finishedAt: rfc3339(ended.finishedAt),
  containerID: ended.id,
})

const backOffMessage = (name: string, { metadata }: k8s.Pod, c: ContainerState) => {
  const seconds = (c.crash?.ms ?? 0) / 1000
  const text = seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`
  return `back-off ${text} restarting failed container=${name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`
}

function containerStatus(
  pod: k8s.Pod,
  each: PodContainer,
  state: PodState,
  facts: StatusFacts,
  initialized: boolean,
): k8s.ContainerStatus {
  const { name, image: wanted } = each.spec
  const c = state.containers[name]!
  const ended = c.phase === 'exited' ? c.ended : undefined
  const crashing = ended && facts.backingOff[name] !== undefined
  // While the next run is being prepared, the last one's end is what there is to show.
  const between = c.phase === 'starting' ? c.ended : undefined
  const over = ended ?? between
  const current = (): NonNullable<k8s.ContainerStatus['state']> => {
    if (c.phase === 'running') return { running: { startedAt: rfc3339(c.startedAt!) } }
    if (crashing) return { waiting: { reason: 'CrashLoopBackOff', message: backOffMessage(name, pod, c) } }
    if (over) return { terminated: terminated(over) }
    if (c.problem) return { waiting: { ...c.problem } }
    return {
      waiting: {
        reason: initialized || (each.kind !== 'main' && c.phase === 'starting') ? 'ContainerCreating' : 'PodInitializing',
      },
    }
  }
  const containerID = over ? over.id : c.id && c.phase === 'running' ? publicId(facts.runtime, c.id) : undefined
  const before = crashing ? ended : c.last
  const repository = c.image?.name.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
  return {
    name,
    state: current(),
    lastState: before ? { terminated: terminated(before) } : {},
    ready: each.kind === 'init' ? ended?.exitCode === 0 : c.phase === 'running' && c.ready,
    restartCount: Math.max(0, c.phase === 'starting' && c.ended ? c.attempt - 1 : c.attempt),
    image: c.image?.name ?? wanted ?? '',
    imageID: c.image ? `${repository}@${c.image.digest}` : '',
    ...(containerID && { containerID }),
    started: c.phase === 'running' && c.started,
  }
}

type Part = { type: string; status: 'True' | 'False'; reason?: string; message?: string }

function stamped(parts: Part[], current: Conditions, now: number): Conditions {
  return parts.map((part): Condition => {
    const before = current.find(c => c.type === part.type)
    const moved = before?.status !== part.status || !before?.lastTransitionTime
    return {
      type: part.type,
      status: part.status,
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime: moved ? rfc3339(now) : before.lastTransitionTime,
      ...(part.reason && { reason: part.reason }),
      ...(part.message && { message: part.message }),
    }
  })
}

/** Ends that are no fault of the program: the node was stopped, or the machine went down. */
const disruptions = new Set(['NodeShutdown', 'ContainerStatusUnknown'])

/** Tells controllers that a pod failed for the machine's sake. Source: KEP-3329, the kubelet's TerminationByKubelet */
function disruption(state: PodState, failed: boolean): Part[] {
  const ended = failed ? Object.values(state.containers).find(c => disruptions.has(c.ended?.reason ?? ''))?.ended : undefined
  if (!ended) return []
  const message = ended.message ?? 'The container was lost with its node'
  return [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }]
}

function conditions(pod: k8s.Pod, all: PodContainer[], state: PodState, phase: string): Part[] {
  const done = phase === 'Succeeded'
  const failed = phase === 'Failed'
  const pick = (kinds: string[], bad: (c: ContainerState) => boolean) =>
    all.filter(c => kinds.includes(c.kind) && bad(state.containers[c.spec.name]!)).map(c => c.spec.name)
  const initialized = initIsDone(all, state)
  const incomplete = all
    .filter(c => c.kind !== 'main')
    .map(c => c.spec.name)
    .filter(name => !(state.containers[name]!.started || state.containers[name]!.ended?.exitCode === 0))
  const unready = pick(['main', 'sidecar'], c => !(c.phase === 'running' && c.ready))
  const containersReady: Omit<Part, 'type'> = done
    ? { status: 'False', reason: 'PodCompleted' }
    : failed
      ? { status: 'False', reason: 'PodFailed' }
      : unready.length
        ? { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
        : { status: 'True' }
  const gate = (pod.spec.readinessGates ?? []).find(
    g => pod.status?.conditions?.find(c => c.type === g.conditionType)?.status !== 'True',
  )
  const ready: Omit<Part, 'type'> =
    containersReady.status === 'True' && gate
      ? {
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`,
        }
      : containersReady
  return [
    { type: 'PodReadyToStartContainers', status: state.sandbox === 'ready' ? 'True' : 'False' },
    {
      type: 'Initialized',
      ...(done
        ? { status: 'True' as const, reason: 'PodCompleted' }
        : initialized
          ? { status: 'True' as const }
          : {
              status: 'False' as const,
              reason: 'ContainersNotInitialized',
              message: `containers with incomplete status: [${incomplete.join(' ')}]`,
            }),
    },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containersReady },
    { type: 'PodScheduled', status: 'True' },
    ...disruption(state, failed),
  ]
}

/** @param pod as last seen; its present conditions keep their times */
export function podStatus(pod: k8s.Pod, state: PodState, facts: StatusFacts): PodStatus {
  const all = containersOf(pod.spec)
  const phase = phaseOf(all, state)
  const initialized = initIsDone(all, state)
  const statuses = (kinds: string[]) =>
    all.filter(c => kinds.includes(c.kind)).map(c => containerStatus(pod, c, state, facts, initialized))
  const ip = pod.spec.hostNetwork ? facts.hostIP : state.network?.ip
  const problem = state.final && phase === state.final.phase ? state.final : undefined
  return {
    phase,
    conditions: stamped(conditions(pod, all, state, phase), pod.status?.conditions ?? [], facts.now),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    startTime: rfc3339(state.startTime),
    ...(pod.spec.initContainers?.length && { initContainerStatuses: statuses(['init', 'sidecar']) }),
    containerStatuses: statuses(['main']),
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
    ...(problem?.reason && { reason: problem.reason }),
    ...(problem?.message && { message: problem.message }),
  }
}
