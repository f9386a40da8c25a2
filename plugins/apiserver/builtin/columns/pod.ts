/** The columns of pods, with the rules by which a pod's many states become one word. Source: printPod in pkg/printers/internalversion/printers.go */
import type { k8s } from '@slipway/core/api'
import type { Column } from '../../served-resource.ts'
import { ageSince } from '../../table/age.ts'
import { age, type Loose, text, wide } from './column.ts'
import { later, none } from './format.ts'

interface Summary {
  ready: number
  total: number
  status: string
  restarts: number
  lastRestart: string | undefined
}

const conditionTrue = (pod: k8s.Pod, type: string) =>
  pod.status?.conditions?.some(c => c.type === type && c.status === 'True') ?? false

const ended = ({ signal, exitCode }: { signal?: number; exitCode?: number }) =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`

interface InitSummary {
  /** Set while, or because, initialisation is not over. */
  status: string | undefined
  ready: number
  restarts: number
  lastRestart: string | undefined
  /** Of sidecars only. */
  sidecarRestarts: number
  sidecarLastRestart: string | undefined
}

function summarizeInit(pod: k8s.Pod): InitSummary {
  const sidecars = new Set(pod.spec.initContainers?.filter(c => c.restartPolicy === 'Always').map(c => c.name))
  const sum: InitSummary = {
    status: undefined,
    ready: 0,
    restarts: 0,
    lastRestart: undefined,
    sidecarRestarts: 0,
    sidecarLastRestart: undefined,
  }
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(status.name)
    const finished = status.lastState?.terminated?.finishedAt
    sum.restarts += status.restartCount
    sum.lastRestart = later(sum.lastRestart, finished)
    if (isSidecar) {
      sum.sidecarRestarts += status.restartCount
      sum.sidecarLastRestart = later(sum.sidecarLastRestart, finished)
    }
    const { terminated, waiting } = status.state ?? {}
    if (terminated && !terminated.exitCode) continue
    if (isSidecar && status.started) {
      if (status.ready) sum.ready++
      continue
    }
    if (terminated) sum.status = `Init:${terminated.reason || ended(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') sum.status = `Init:${waiting.reason}`
    else sum.status = `Init:${i}/${pod.spec.initContainers?.length ?? 0}`
    break
  }
  return sum
}

/** What `kubectl get pods` shows of a pod. */
export function summarizePod(pod: k8s.Pod): Summary {
  const init = summarizeInit(pod)
  const { phase = '', reason } = pod.status ?? {}
  const gated = pod.status?.conditions?.some(c => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')
  const sidecars = pod.spec.initContainers?.filter(c => c.restartPolicy === 'Always').length ?? 0
  const summary: Summary = {
    ready: init.ready,
    total: (pod.spec.containers ?? []).length + sidecars,
    status: init.status ?? (gated ? 'SchedulingGated' : reason || phase),
    restarts: init.restarts,
    lastRestart: init.lastRestart,
  }
  if (init.status === undefined || conditionTrue(pod, 'Initialized')) countContainers(pod, summary, init)
  if (pod.metadata.deletionTimestamp) {
    if (reason === 'NodeLost') summary.status = 'Unknown'
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.status = 'Terminating'
  }
  return summary
}

function countContainers(pod: k8s.Pod, summary: Summary, init: InitSummary): void {
  summary.restarts = init.sidecarRestarts
  summary.lastRestart = init.sidecarLastRestart
  let isRunning = false
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = status.state ?? {}
    summary.restarts += status.restartCount
    summary.lastRestart = later(summary.lastRestart, status.lastState?.terminated?.finishedAt)
    if (waiting?.reason) summary.status = waiting.reason
    else if (terminated) summary.status = terminated.reason || ended(terminated)
    else if (status.ready && running) {
      isRunning = true
      summary.ready++
    }
  }
  if (summary.status === 'Completed' && isRunning) summary.status = conditionTrue(pod, 'Ready') ? 'Running' : 'NotReady'
}

function readinessGates(pod: k8s.Pod): string {
  const gates = pod.spec.readinessGates ?? []
  return gates.length ? `${gates.filter(g => conditionTrue(pod, g.conditionType)).length}/${gates.length}` : none
}

/** One summary serves the three cells that follow each other. */
let last: { pod: Loose; summary: Summary } | undefined
const summaryOf = (pod: Loose): Summary => {
  if (last?.pod !== pod) last = { pod, summary: summarizePod(pod as unknown as k8s.Pod) }
  return last.summary
}

function restarts(pod: Loose, now: number): string {
  const { restarts: n, lastRestart } = summaryOf(pod)
  return n && lastRestart ? `${n} (${ageSince(lastRestart, now)} ago)` : String(n)
}

export const podColumns: Column[] = [
  text(
    'Ready',
    o => `${summaryOf(o).ready}/${summaryOf(o).total}`,
    'The aggregate readiness state of this pod for accepting traffic.',
  ),
  text('Status', o => summaryOf(o).status, 'The aggregate status of the containers in this pod.'),
  text(
    'Restarts',
    restarts,
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  ),
  age,
  wide('IP', o => o.status?.podIPs?.[0]?.ip || none, '@core.v1.PodStatus/podIP'),
  wide('Node', o => o.spec.nodeName || none, '@core.v1.PodSpec/nodeName'),
  wide('Nominated Node', o => o.status?.nominatedNodeName || none, '@core.v1.PodStatus/nominatedNodeName'),
  wide('Readiness Gates', o => readinessGates(o as unknown as k8s.Pod), '@core.v1.PodSpec/readinessGates'),
]

export function podRowConditions(object: Loose) {
  const done = { type: 'Completed', status: 'True' }
  if (object.status?.phase === 'Succeeded')
    return [{ ...done, reason: 'Succeeded', message: 'The pod has completed successfully.' }]
  if (object.status?.phase === 'Failed') return [{ ...done, reason: 'Failed', message: 'The pod failed.' }]
  return undefined
}
