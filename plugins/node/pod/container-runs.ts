/**
 * The runs of a pod's containers: starting, probing, ending one, and writing down how it ended. Everything that happens is put into the
 * container's state, saved, and looked at again.
 */
import { isStatus } from '@slipway/core/api'
import type { Exit } from '../runtime/container-runtime.ts'
import { decide } from './decide.ts'
import { runHook } from './lifecycle-hook.ts'
import { bundleDir, containerId, logPath, publicId, terminationLog } from './paths.ts'
import type { PodContext } from './pod-context.ts'
import { type ContainerState, type Ended, nextBackoff, type Problem } from './pod-state.ts'
import type { ProbeTarget } from './probe-check.ts'
import type { ProbeKind } from './probe-state.ts'
import { startProber } from './prober.ts'
import { bringImage, createContainer, type StartInput } from './start-container.ts'
import { terminationMessage } from './termination-message.ts'

export interface ContainerRuns {
  start(name: string, attempt: number): Promise<void>
  /** Ends it: preStop, its stop signal, and after the grace SIGKILL. */
  end(name: string, graceSeconds: number, why: Problem): Promise<void>
  /** The runtime says that a container ended. */
  exited(id: string): void
  /** Containers of which the runtime knows nothing any more are over. */
  compare(runs: ReadonlySet<string>): void
  /** Removals under way. */
  readonly cleanups: ReadonlySet<Promise<unknown>>
  /** Starts under way. */
  readonly starts: ReadonlySet<Promise<void>>
  stopProbes(): void
}

const configRetryMs = 10_000
const hookLimitMs = 60_000
const label = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const

class Cancelled extends Error {}

/** Containers that run already (from before a restart of this process) are probed from now on. */
export function containerRuns(context: PodContext): ContainerRuns {
  const { services, record, podDir, log, event, save, saveSoon, run, look, containerOf, isEnding } = context
  const { clock, runtime } = services
  const { state } = record
  const probers = new Map<string, () => void>()
  const endings = new Map<string, () => void>()
  const cleanups = new Set<Promise<unknown>>()
  const starts = new Set<Promise<void>>()
  /** What happened stays true even if it cannot be written down. */
  const persist = () => save().catch(error => log.error({ err: error }, 'the record of a pod was not saved'))
  const stateOf = (name: string): ContainerState => state.containers[name]!

  async function start(name: string, attempt: number): Promise<void> {
    const c = stateOf(name)
    const container = containerOf(name)
    const now = clock.now()
    if (c.phase === 'exited') {
      c.crash = nextBackoff(c.crash, now)
    }
    // What it refers to may have been put right since.
    const again = c.phase === 'exited' || c.problem !== undefined
    c.phase = 'starting'
    c.attempt = attempt
    c.id = containerId(record.pod, name, attempt)
    c.started = false
    c.ready = false
    delete c.unhealthy
    delete c.stopping
    try {
      const inputs = await context.inputs(again)
      const input: StartInput = { services, pod: record.pod, state, podDir, container, attempt, inputs, volumes: record.volumes }
      const [image] = await Promise.all([bringImage(input), save()])
      delete c.pull
      if (isEnding()) throw new Cancelled()
      await createContainer(input, image)
      event('Normal', 'Created', `Created container: ${name}`)
      await runtime.start(c.id)
      c.image = { name: container.image!, digest: image.digest }
      running(name, clock.now())
      event('Normal', 'Started', `Started container ${name}`)
    } catch (error) {
      await notStarted(name, attempt, error as Error & { reason?: string })
    }
    await persist()
    look()
    // It may have ended before it was known to run.
    if (stateOf(name).phase === 'running') exited(c.id)
  }

  function running(name: string, startedAt: number): void {
    const c = stateOf(name)
    const container = containerOf(name)
    c.phase = 'running'
    c.startedAt = startedAt
    if (c.ended) c.last = c.ended
    delete c.ended
    delete c.problem
    delete c.retryAt
    const { postStart } = container.lifecycle ?? {}
    if (!postStart) {
      watch(name)
      return
    }
    const hook = runHook(postStart, targetOf(name), clock, hookLimitMs).then(problem => {
      if (c.phase !== 'running') return
      if (problem) {
        event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${problem}`)
        c.unhealthy = { reason: 'FailedPostStartHook', message: 'FailedPostStartHook' }
        return look()
      }
      watch(name)
      look()
    })
    run(hook)
  }

  /** Begins to probe; without probes it is started and ready at once. */
  function watch(name: string): void {
    const c = stateOf(name)
    const container = containerOf(name)
    const known = { started: c.started }
    c.started ||= !container.startupProbe
    c.ready = container.readinessProbe ? c.ready : c.started
    const stop = startProber({
      container,
      target: targetOf(name),
      clock,
      startedAt: c.startedAt!,
      known,
      onReport: ({ kind, verdict, message }) => reported(name, kind, verdict, message),
      onFailure: (kind, message) => event('Warning', 'Unhealthy', `${label[kind]} probe failed: ${message}`),
    })
    probers.set(name, stop)
  }

  function reported(name: string, kind: ProbeKind, verdict: boolean, _message: string): void {
    const c = stateOf(name)
    if (c.phase !== 'running') return
    if (kind === 'readiness') c.ready = verdict
    else if (!verdict) c.unhealthy = { reason: 'Unhealthy', message: `Container ${name} failed ${kind} probe, will be restarted` }
    else if (kind === 'startup') {
      c.started = true
      if (!containerOf(name).readinessProbe) c.ready = true
    }
    saveSoon()
    look()
  }

  function targetOf(name: string): ProbeTarget {
    const { id } = stateOf(name)
    return {
      host: record.pod.spec.hostNetwork || state.network?.mode === 'host' ? '127.0.0.1' : (state.network?.ip ?? '127.0.0.1'),
      port(wanted) {
        const named = (containerOf(name).ports ?? []).find(p => p.name === wanted)?.containerPort
        const port = named ?? Number(wanted)
        if (!Number.isInteger(port)) throw new Error(`couldn't find port: ${wanted} in pod ports`)
        return state.ports?.[port] ?? port
      },
      exec: (command, timeoutMs) => runtime.exec(id!, command, timeoutMs),
    }
  }

  /** What became of a start that did not succeed. */
  async function notStarted(name: string, attempt: number, error: Error & { reason?: string }): Promise<void> {
    const c = stateOf(name)
    const now = clock.now()
    await runtime.delete(c.id!, bundleDir(podDir, c.id!)).catch(() => {})
    if (error instanceof Cancelled) return withProblem(c, attempt, undefined)
    if (error.reason === 'StartError') {
      // The user's: it counts as a run that failed at once, so that the restart policy decides.
      event('Warning', 'Failed', `Error: ${error.message}`)
      const ended: Ended = {
        id: publicId(runtime.name, c.id!),
        exitCode: 128,
        reason: 'StartError',
        message: error.message,
        finishedAt: now,
      }
      if (c.ended) c.last = c.ended
      c.ended = ended
      c.phase = 'exited'
      return
    }
    const isPull = error.reason === 'ErrImagePull' || error.reason === 'ErrImageNeverPull' || error.reason === 'InvalidImageName'
    const reason =
      isPull || error.reason === 'CreateContainerConfigError' || error.reason === 'CreateContainerError'
        ? error.reason!
        : isStatus(error)
          ? 'CreateContainerConfigError'
          : 'CreateContainerError'
    const image = containerOf(name).image
    if (error.reason === 'ErrImagePull') {
      event('Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`)
      c.pull = nextBackoff(c.pull, now)
      backOffSoon(name, {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${image}": ErrImagePull: ${error.message}`,
      })
    }
    event('Warning', 'Failed', `Error: ${reason === 'ErrImagePull' ? reason : error.message}`)
    withProblem(c, attempt, { reason, message: error.message })
    c.retryAt = now + (c.pull && isPull ? c.pull.ms : configRetryMs)
  }

  function withProblem(c: ContainerState, attempt: number, problem: Problem | undefined): void {
    c.phase = 'waiting'
    c.attempt = attempt - 1
    if (c.ended) c.last = c.ended
    delete c.ended
    if (problem) c.problem = problem
  }

  /** First the failure is shown, then that it is being waited for, as kubelet does. */
  function backOffSoon(name: string, problem: Problem): void {
    clock.after(1000, () => {
      const c = stateOf(name)
      if (c.phase !== 'waiting' || c.problem?.reason !== 'ErrImagePull') return
      c.problem = problem
      event('Normal', 'BackOff', `Back-off pulling image "${containerOf(name).image}"`)
      look()
    })
  }

  async function end(name: string, graceSeconds: number, why: Problem): Promise<void> {
    const c = stateOf(name)
    c.stopping = true
    c.ready = false
    probers.get(name)?.()
    const { id } = c
    const container = containerOf(name)
    event(
      'Normal',
      'Killing',
      why.reason === 'Killing' || why.reason === 'DeadlineExceeded' ? `Stopping container ${name}` : why.message,
    )
    const until = clock.now() + graceSeconds * 1000
    const hasEnded = new Promise<'ended'>(resolve => endings.set(id!, () => resolve('ended')))
    const { preStop } = container.lifecycle ?? {}
    try {
      if (preStop && graceSeconds > 0) {
        const problem = await Promise.race([runHook(preStop, targetOf(name), clock, graceSeconds * 1000), hasEnded])
        if (problem && problem !== 'ended') event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${problem}`)
      }
      if (graceSeconds > 0) {
        const image = c.image && services.images.all().find(i => i.digest === c.image!.digest)
        await runtime.kill(id!, image?.config.StopSignal ?? 'SIGTERM')
        // A preStop that used up the grace leaves two seconds for the process. Source: kubelet minimumGracePeriodInSeconds
        const left = Math.max(2000, until - clock.now())
        let cancel = () => {}
        const late = new Promise<'late'>(resolve => {
          cancel = clock.after(left, () => resolve('late'))
        })
        const first = await Promise.race([hasEnded, late])
        cancel()
        if (first === 'ended') return
      }
      await runtime.kill(id!, 'SIGKILL')
    } catch (error) {
      log.warn({ err: error, container: name }, 'a container could not be stopped; trying again')
      clock.after(2000, () => {
        c.stopping = false
        look()
      })
    }
    exited(id!)
  }

  function exited(id: string): void {
    const name = Object.keys(state.containers).find(n => stateOf(n).id === id && stateOf(n).phase === 'running')
    if (!name) return
    run(runtime.exit(id, bundleDir(podDir, id)).then(exit => (exit ? ended(name, id, exit) : undefined)))
  }

  async function ended(name: string, id: string, exit: Exit | undefined): Promise<void> {
    const c = stateOf(name)
    const isStale = () => c.id !== id || c.phase !== 'running'
    if (isStale()) return
    const container = containerOf(name)
    const code = exit?.code ?? 137
    const message = await terminationMessage({
      file: terminationLog(podDir, name, c.attempt),
      log: logPath(podDir, name, c.attempt),
      fallBackToLog: container.terminationMessagePolicy === 'FallbackToLogsOnError',
      failed: code !== 0,
    })
    if (isStale()) return
    probers.get(name)?.()
    probers.delete(name)
    c.phase = 'exited'
    const unknown = 'The container could not be located when the pod was terminated'
    c.ended = {
      id: publicId(runtime.name, id),
      exitCode: code,
      reason: !exit ? 'ContainerStatusUnknown' : exit.oomKilled ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error',
      ...((message || !exit) && { message: message || unknown }),
      ...(c.startedAt !== undefined && { startedAt: c.startedAt }),
      finishedAt: exit?.finishedAt ?? clock.now(),
    }
    c.ready = false
    c.started = false
    delete c.unhealthy
    delete c.stopping
    endings.get(id)?.()
    endings.delete(id)
    await persist()
    const cleanup: Promise<unknown> = runtime
      .delete(id, bundleDir(podDir, id))
      .catch(error => log.warn({ err: error, container: name }, 'a container that ended could not be removed'))
    cleanups.add(cleanup)
    void cleanup.then(() => cleanups.delete(cleanup))
    look()
    const until = decide(record.pod, state, clock.now()).backingOff[name]
    if (until !== undefined)
      event(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${name} in pod ${record.pod.metadata.name}_${record.pod.metadata.namespace}(${record.pod.metadata.uid})`,
      )
  }

  for (const [name, c] of Object.entries(state.containers)) if (c.phase === 'running') watch(name)
  return {
    start(name, attempt) {
      const task = start(name, attempt).finally(() => starts.delete(task))
      starts.add(task)
      return task
    },
    end,
    exited,
    compare(runs) {
      for (const [name, { phase, id }] of Object.entries(state.containers))
        if (phase === 'running' && !runs.has(id!))
          run(runtime.exit(id!, bundleDir(podDir, id!)).then(exit => ended(name, id!, exit)))
    },
    cleanups,
    starts,
    stopProbes() {
      for (const stop of probers.values()) stop()
    },
  }
}
