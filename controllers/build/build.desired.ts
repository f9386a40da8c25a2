/** A Build's status from its Job and its pod. Source: knative/build pkg/builder/cluster/builder.go, pkg/apis/build/v1alpha1/build_types.go */
import {
  type Condition,
  conditionOf,
  conditionSet,
  type k8s,
  no,
  parseDuration,
  type Verdict,
  waiting,
  yes,
} from '@slipway/core/api'
import type { Build } from '@slipway/core/api/build'
import { rfc3339 } from '@slipway/core/observe'
import type { BuildConfig } from './config.ts'
import { stepPrefix } from './names.ts'
import type { Plan } from './plan.ts'
import { reportsOf, type StepReport } from './step-report.ts'

export interface BuildView {
  build: Build
  plan: Plan
  job: k8s.Job | undefined
  pod: k8s.Pod | undefined
  config: BuildConfig
}
export interface BuildDecision {
  status: NonNullable<Build['status']>
  /** Put it into the queue: it has not begun. */
  enqueue: boolean
  /** The Job is to be ended: the build was cancelled or took too long. */
  stopJob: boolean
  event?: { type: 'Normal' | 'Warning'; reason: string; message: string }
  requeueAfterMs?: number
}

const conditions = conditionSet('Succeeded', [])
type ContainerStatus = k8s.ContainerStatus

export const isDone = (build: Build): boolean => {
  const succeeded = conditionOf(build.status?.conditions as Condition[] | undefined, 'Succeeded')
  return succeeded?.status === 'True' || succeeded?.status === 'False'
}

/** All containers in the order in which they run. */
const stepsOf = (pod: k8s.Pod | undefined): ContainerStatus[] => [
  ...(pod?.status?.initContainerStatuses ?? []),
  ...(pod?.status?.containerStatuses ?? []),
]

const firstStart = (steps: ContainerStatus[]): number | undefined => {
  const times = steps.flatMap(s => [s.state?.running?.startedAt, s.state?.terminated?.startedAt]).filter(t => t !== undefined)
  return times.length ? Math.min(...times.map(t => Date.parse(String(t)))) : undefined
}

const notRetried = /not found|manifest unknown|name unknown|unauthorized|denied|no such host|invalid reference/i

/** An image that cannot be had ends the build: at once where the registry said no, else when it has been tried for long enough. */
function pullVerdict(steps: ContainerStatus[], waitingMs: number, pullTimeoutMs: number): Verdict | undefined {
  const stuck = steps.find(s => ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'].includes(s.state?.waiting?.reason ?? ''))
  if (!stuck) return undefined
  const { reason, message = '' } = stuck.state!.waiting!
  const text = `build step "${stuck.name}" cannot pull its image "${stuck.image}": ${message}`
  const isFinal = reason === 'InvalidImageName' || notRetried.test(message) || waitingMs > pullTimeoutMs
  return isFinal ? no(reason!, text) : waiting(reason, text)
}

function failedVerdict(job: k8s.Job, pod: k8s.Pod | undefined): Verdict {
  const step = stepsOf(pod).find(s => s.state?.terminated && s.state.terminated.exitCode !== 0)
  if (step) {
    const { exitCode, reason, message } = step.state!.terminated!
    const log = `kubectl -n ${pod!.metadata.namespace} logs ${pod!.metadata.name} -c ${step.name}`
    const why = reason === 'OOMKilled' ? 'was killed because it used more memory than its limit' : `exited with code ${exitCode}`
    const said = message?.trim() ? `; it said: ${message.trim().slice(-600)}` : ''
    return no(
      reason === 'OOMKilled' ? 'OOMKilled' : 'BuildStepFailed',
      `build step "${step.name}" ${why} (image: "${step.image}"); for logs run: ${log}${said}`,
    )
  }
  const condition = job.status?.conditions?.find(c => c.type === 'Failed')
  return no(
    pod?.status?.reason ?? condition?.reason ?? 'BuildFailed',
    pod?.status?.message ?? condition?.message ?? 'the Job failed',
  )
}

function verdictOf(
  { build, plan, job, pod, config }: BuildView,
  now: number,
): { verdict: Verdict; stopJob?: boolean; requeueAfterMs?: number } {
  if (build.spec.status === 'BuildCancelled') return { verdict: no('BuildCancelled', 'the build was cancelled'), stopJob: true }
  if (!job) return 'failure' in plan ? { verdict: plan.failure } : { verdict: waiting('Pending', 'waiting in the queue') }
  const ended = (type: string) => job.status?.conditions?.some(c => c.type === type && c.status === 'True')
  if (ended('Complete')) return { verdict: yes() }
  if (ended('Failed')) return { verdict: failedVerdict(job, pod) }
  const steps = stepsOf(pod)
  const began = firstStart(steps)
  const pull = pullVerdict(steps, now - Date.parse(String(job.metadata.creationTimestamp)), parseDuration(config.pullTimeout))
  if (pull) return { verdict: pull, stopJob: pull.status === 'False', requeueAfterMs: 5000 }
  const unplaced = pod?.status?.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False')
  if (unplaced) return { verdict: waiting(unplaced.reason ?? 'Unschedulable', unplaced.message ?? '') }
  if (began === undefined) return { verdict: waiting('Building', 'the first step is about to start') }
  const limit = parseDuration(build.spec.timeout ?? config.defaultTimeout)
  const left = began + limit - now
  if (left <= 0)
    return {
      verdict: no(
        'BuildTimeout',
        `Build "${build.metadata.name}" did not finish within ${build.spec.timeout ?? config.defaultTimeout}`,
      ),
      stopJob: true,
    }
  const running = steps.find(s => s.state?.running)
  return {
    verdict: waiting('Building', running ? `step ${running.name.slice(stepPrefix.length)} runs` : ''),
    requeueAfterMs: left,
  }
}

/** What the steps told: the image that was pushed, the commit that was built. */
const reported = (reports: StepReport[]) => ({
  image: reports.findLast(r => r.image),
  source: reports.find(r => r.commit),
})

function eventOf(verdict: Verdict, before: Condition | undefined, build: Build): BuildDecision['event'] {
  if (verdict.status === 'Unknown' || before?.status === verdict.status) return undefined
  return verdict.status === 'True'
    ? { type: 'Normal', reason: 'BuildSucceeded', message: `Build "${build.metadata.name}" succeeded` }
    : { type: 'Warning', reason: verdict.reason ?? 'BuildFailed', message: verdict.message ?? '' }
}

export function decideBuild(view: BuildView, now: number): BuildDecision {
  const { build, plan, job, pod } = view
  const { verdict, stopJob = false, requeueAfterMs } = verdictOf(view, now)
  const steps = stepsOf(pod)
  const { image, source } = reported(reportsOf(pod))
  const began = firstStart(steps)
  const status: NonNullable<Build['status']> = {
    observedGeneration: build.metadata.generation!,
    builder: 'Cluster',
    conditions: conditions.next(build.status?.conditions as Condition[] | undefined, { Succeeded: verdict }, now),
    ...(build.metadata.creationTimestamp && { creationTime: build.metadata.creationTimestamp }),
    ...(build.metadata.namespace && {
      cluster: { namespace: build.metadata.namespace, ...(pod && { podName: pod.metadata.name }) },
    }),
    ...(began !== undefined && { startTime: rfc3339(began) }),
    ...(verdict.status !== 'Unknown' && { completionTime: build.status?.completionTime ?? rfc3339(now) }),
    ...(steps.length && {
      stepStates: steps.map(({ name, state = {} }) => ({ name, ...state })) as NonNullable<Build['status']>['stepStates'],
    }),
    ...(steps.length && { stepsCompleted: steps.filter(s => s.state?.terminated?.exitCode === 0).map(s => s.name) }),
    ...(image?.image && { image: { name: image.image, ...(image.digest && { digest: image.digest }) } }),
    ...(source?.commit && { source: { commit: source.commit, ...(source.url && { url: source.url }) } }),
    ...(!job && verdict.status === 'Unknown' && { queued: build.status?.queued ?? { since: rfc3339(now) } }),
  }
  const event = eventOf(verdict, conditionOf(build.status?.conditions as Condition[] | undefined, 'Succeeded'), build)
  return {
    status,
    enqueue: !job && verdict.status === 'Unknown' && 'job' in plan,
    stopJob: stopJob && job !== undefined,
    ...(event && { event }),
    ...(requeueAfterMs !== undefined && { requeueAfterMs: Math.max(requeueAfterMs, 100) }),
  }
}
