/**
 * Works on one pod: asks `decide` what is to be done, does it, writes down what came of it, and tells the API. All that it knows is in
 * the state, which is saved before anything is made that a lost save would double.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isStatus, k8s } from '@slipway/core/api'
import { freePort } from '../network/host-network.ts'
import { hostsFile, resolvConf } from '../network/name-files.ts'
import type { Exit } from '../runtime/container-runtime.ts'
import { writeMountFile } from '../volume/container-mounts.ts'
import { cgroupParentOf, hostnameOf } from './container-spec.ts'
import { type Action, decide } from './decide.ts'
import { runHook } from './lifecycle-hook.ts'
import type { NodeServices } from './node-services.ts'
import { bundleDir, containerId, logPath, podDirOf, publicId, terminationLog } from './paths.ts'
import { containersOf } from './pod-containers.ts'
import { fetchInputs, type PodInputs, type TokenCache } from './pod-inputs.ts'
import { type PodRecord, recordWriter } from './pod-record.ts'
import { type ContainerState, type Ended, newPodState, nextBackoff, type Problem } from './pod-state.ts'
import { podStatus } from './pod-status.ts'
import type { ProbeTarget } from './probe-check.ts'
import type { ProbeKind } from './probe-state.ts'
import { startProber } from './prober.ts'
import { bringImage, createContainer, factsOf, type StartInput } from './start-container.ts'
import { statusWriter } from './status-writer.ts'
import { terminationMessage } from './termination-message.ts'

export interface PodWorker {
  readonly record: PodRecord
  readonly podDir: string
  /** The pod as the API has it now. */
  update(pod: k8s.Pod): void
  /** The API has it no more. */
  gone(): void
  /** One of its containers ended. */
  exited(id: string): void
  /** Volumes are brought up to date. */
  refresh(): Promise<void>
  /** Compares with what the runtime has: containers whose end nobody saw are over. @param runs ids of running containers */
  compare(runs: ReadonlySet<string>): void
  /** Stops working on it; its containers run on. */
  stop(): Promise<void>
}

const configRetryMs = 10_000
const hookLimitMs = 60_000
const label = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const

export interface WorkerOptions {
  services: NodeServices
  /** What is known from before, already compared with what runs. */
  record: PodRecord
  onFinished(uid: string): void
}
export const newRecord = (pod: k8s.Pod, now: number): PodRecord => ({
  pod,
  state: newPodState(
    containersOf(pod.spec).map(c => c.spec.name),
    now,
  ),
  volumes: {},
})

export function startPodWorker({ services, record, onFinished }: WorkerOptions): PodWorker {
  const { api, clock, runtime, network, volumes } = services
  const { state } = record
  const podDir = podDirOf(services.podsDir, record.pod)
  const log = services.log.child({ pod: `${record.pod.metadata.namespace}/${record.pod.metadata.name}` })
  const write = recordWriter(podDir)
  const save = () => write(record)
  const tokens: TokenCache = new Map()
  const probers = new Map<string, () => void>()
  const endings = new Map<string, () => void>()
  const cleanups = new Set<Promise<unknown>>()
  const status = statusWriter({ api, clock, log, pod: record.pod, onWritten: pod => seen(pod) })
  let inputs: PodInputs | undefined
  let cancelWake = () => {}
  let stopped = false
  let queued = false

  const event = (type: 'Normal' | 'Warning', reason: string, message: string) => services.event(record.pod, type, reason, message)
  const containerOf = (name: string): k8s.Container => containersOf(record.pod.spec).find(c => c.spec.name === name)!.spec
  const stateOf = (name: string): ContainerState => state.containers[name]!

  /** The newer of what we know and what we are told: an answer to our own write may overtake the watch. */
  function seen(pod: k8s.Pod): boolean {
    if (pod.metadata.uid !== record.pod.metadata.uid) return false
    if (Number(pod.metadata.resourceVersion) < Number(record.pod.metadata.resourceVersion)) return false
    record.pod = { ...pod, apiVersion: 'v1', kind: 'Pod' }
    return true
  }

  function look(): void {
    if (queued || stopped) return
    queued = true
    queueMicrotask(() => {
      queued = false
      if (stopped) return
      cancelWake()
      const now = clock.now()
      const { actions, wakeAt, backingOff } = decide(record.pod, state, now)
      for (const action of actions) begin(action)
      status.want(podStatus(record.pod, state, { hostIP: services.hostIP, runtime: runtime.name, backingOff, now }))
      if (wakeAt !== undefined) cancelWake = clock.after(Math.max(0, wakeAt - now), look)
    })
  }

  function begin(action: Action): void {
    if (action.do === 'makeSandbox') void makeSandbox()
    else if (action.do === 'start') void start(action.container, action.attempt)
    else if (action.do === 'stop') void end(action.container, action.graceSeconds, action.why)
    else if (action.do === 'removeSandbox') void removeSandbox()
    else if (action.do === 'finish') void finish()
    else {
      const { phase, reason, message } = action
      state.final = { phase, ...(reason && { reason }), ...(message && { message }) }
      if (reason) event('Normal', reason, message ?? '')
      void save()
      look()
    }
  }

  // ——— sandbox: network, files and volumes that all containers share

  async function makeSandbox(): Promise<void> {
    state.sandbox = 'making'
    const { pod } = record
    try {
      if (!pod.spec.hostNetwork) state.network ??= await network.acquire()
      if (state.network?.mode === 'host' && !state.ports) await assignPorts()
      // Saved at once: the namespace is this pod's from now on, also for the next run of this process.
      const saved = save()
      inputs = await fetchInputs(api, pod, tokens, clock.now())
      const [places] = await Promise.all([
        volumes.setUp(pod, podDir, { ...inputs, facts: factsOf(services, pod, state) }),
        writeNameFiles(),
        saved,
      ])
      record.volumes = places
      state.sandbox = 'ready'
      delete state.sandboxProblem
      state.sandboxFailures = 0
      await save()
    } catch (error) {
      const { message } = error as Error
      const reason =
        (error as { reason?: string }).reason === 'FailedMount' || isStatus(error) ? 'FailedMount' : 'FailedCreatePodSandBox'
      state.sandbox = 'none'
      state.sandboxProblem = { reason, message }
      state.sandboxFailures = (state.sandboxFailures ?? 0) + 1
      state.sandboxRetryAt = clock.now() + Math.min(60_000, 1000 * 2 ** state.sandboxFailures)
      event('Warning', reason, reason === 'FailedMount' ? message : `Failed to create pod sandbox: ${message}`)
    }
    look()
  }

  async function assignPorts(): Promise<void> {
    const ports = containersOf(record.pod.spec).flatMap(c => (c.spec.ports ?? []).map(p => p.containerPort))
    if (!ports.length) return
    state.ports = {}
    for (const port of ports) state.ports[port] = await freePort()
    const text = Object.entries(state.ports)
      .map(([from, to]) => `${from}=${to}`)
      .join(',')
    const { namespace, name } = record.pod.metadata
    await api.patch(k8s.Pod, { namespace, name }, 'merge', { metadata: { annotations: { 'slipway.dev/host-ports': text } } })
  }

  async function writeNameFiles(): Promise<void> {
    const { spec } = record.pod
    const hostname = hostnameOf(record.pod)
    const ip = spec.hostNetwork ? services.hostIP : (state.network?.ip ?? '127.0.0.1')
    await Promise.all([
      writeMountFile(
        join(podDir, 'etc', 'hosts'),
        hostsFile({ ip, hostname, aliases: spec.hostAliases, hostAddress: network.hostAddress, extra: services.hosts }),
      ),
      writeMountFile(join(podDir, 'etc', 'resolv.conf'), resolvConf(services.resolvConf, spec.dnsPolicy, spec.dnsConfig)),
      writeMountFile(join(podDir, 'etc', 'hostname'), `${hostname}\n`),
    ])
  }

  async function removeSandbox(): Promise<void> {
    state.sandbox = 'removing'
    await Promise.allSettled(cleanups)
    try {
      if (state.network) await network.release(state.network)
      await volumes.tearDown(record.pod, podDir)
      await runtime.forget(cgroupParentOf(record.pod))
    } catch (error) {
      log.warn({ err: error }, 'something of a pod could not be removed')
    }
    state.sandbox = 'removed'
    delete state.network
    await save()
    look()
  }

  async function finish(): Promise<void> {
    stopped = true
    cancelWake()
    await status.settled()
    await save()
    // First the folder: what the API no longer shows has left nothing behind.
    await rm(podDir, { recursive: true, force: true })
    const { namespace, name, uid } = record.pod.metadata
    for (let delay = 500; !state.gone; delay = Math.min(10_000, delay * 2)) {
      try {
        await api.delete(k8s.Pod, { namespace, name }, { gracePeriodSeconds: 0, uid })
        break
      } catch (error) {
        if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) break
        log.warn({ err: error }, 'a pod that has ended could not be deleted; trying again')
        await new Promise<void>(resolve => void clock.after(delay, resolve))
      }
    }
    onFinished(uid!)
  }

  // ——— one container

  async function start(name: string, attempt: number): Promise<void> {
    const c = stateOf(name)
    const container = containerOf(name)
    const now = clock.now()
    if (c.phase === 'exited') {
      c.crash = nextBackoff(c.crash, now)
      // What it refers to may have been put right since.
      inputs = undefined
    } else if (c.problem) inputs = undefined
    c.phase = 'starting'
    c.attempt = attempt
    c.id = containerId(record.pod, name, attempt)
    c.started = false
    c.ready = false
    delete c.unhealthy
    delete c.stopping
    try {
      inputs ??= await fetchInputs(api, record.pod, tokens, clock.now())
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
    await save()
    look()
    // It may have ended before it was known to run.
    if (stateOf(name).phase === 'running') exited(c.id)
  }

  const isEnding = () => Boolean(record.pod.metadata.deletionTimestamp || state.gone || state.final)

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
    void runHook(postStart, targetOf(name), clock, hookLimitMs).then(problem => {
      if (c.phase !== 'running') return
      if (problem) {
        event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${problem}`)
        c.unhealthy = { reason: 'FailedPostStartHook', message: 'FailedPostStartHook' }
        return look()
      }
      watch(name)
      look()
    })
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
    void save()
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
    void runtime.exit(id, bundleDir(podDir, id)).then(exit => {
      if (exit) return ended(name, id, exit)
      return undefined
    })
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
    await save()
    const cleanup = runtime
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

  /** Containers that run on from before a restart of this process are probed again. */
  for (const [name, c] of Object.entries(state.containers)) if (c.phase === 'running') watch(name)
  look()

  return {
    record,
    podDir,
    update(pod) {
      const before = record.pod.metadata.deletionTimestamp
      if (seen(pod) && before !== pod.metadata.deletionTimestamp) void save()
      look()
    },
    gone() {
      state.gone = true
      void save()
      look()
    },
    exited,
    async refresh() {
      if (state.sandbox !== 'ready' || isEnding()) return
      try {
        inputs = await fetchInputs(api, record.pod, tokens, clock.now())
        await volumes.refresh(record.pod, podDir, { ...inputs, facts: factsOf(services, record.pod, state) })
      } catch (error) {
        log.debug({ err: error }, 'volumes were not refreshed')
      }
    },
    compare(runs) {
      for (const [name, { phase, id }] of Object.entries(state.containers))
        if (phase === 'running' && !runs.has(id!))
          void runtime.exit(id!, bundleDir(podDir, id!)).then(exit => ended(name, id!, exit))
    },
    async stop() {
      stopped = true
      cancelWake()
      for (const stop of probers.values()) stop()
      await save()
    },
  }
}

class Cancelled extends Error {}
