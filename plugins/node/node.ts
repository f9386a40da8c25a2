/** A node: everything of this plugin put together. It speaks only the Kubernetes API, so it serves the embedded server as well as a real one. */
import { mkdir, readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { k8s } from '@slipway/core/api'
import { startInformer } from '@slipway/core/client'
import { type Clock, type Log, systemClock } from '@slipway/core/observe'
import { eventRecorder } from '@slipway/core/runtime'
import { instanceOf } from './host/instance.ts'
import { type Machine, readMachine } from './host/machine.ts'
import { unmountBelow } from './host/mounts.ts'
import { registerNode } from './host/node-registration.ts'
import { startScheduler } from './host/scheduler.ts'
import { imagesToRemove } from './image/image-gc.ts'
import { imagePuller } from './image/image-puller.ts'
import { type ImageStore, openImageStore } from './image/image-store.ts'
import { type KubeletServer, startKubeletServer } from './kubelet/kubelet-server.ts'
import { defaultRotation, keepLastRuns, rotateLog } from './log/rotate.ts'
import { bridgeNetwork } from './network/bridge-network.ts'
import { hostNetwork } from './network/host-network.ts'
import type { PodNetwork } from './network/pod-network.ts'
import { defaultSettings, type NodeOptions, type NodeSettings } from './node-options.ts'
import type { NodeServices } from './pod/node-services.ts'
import { bundleDir, logDir, logPath } from './pod/paths.ts'
import { type PodManager, startPodManager } from './pod/pod-manager.ts'
import { type ChosenRuntime, chooseRuntime } from './runtime/choose-runtime.ts'
import { mountSecretsDir, podVolumes } from './volume/pod-volumes.ts'

export interface RunningNode {
  name: string
  network: PodNetwork
  images: ImageStore
  pods: PodManager
  kubelet: KubeletServer
  /** Stops working. Containers are ended too, unless the settings say to keep them. */
  stop(): Promise<void>
}

const eventDelayMs = 400
const refreshMs = 60_000
const rotateMs = 10_000
const imageGcMs = 3_600_000

/** A start of containers goes before the telling of it. */
function delayedEvents(options: { api: NodeOptions['api']; log: Log; clock: Clock; component: string }): {
  event: NodeServices['event']
  flush(): Promise<void>
} {
  const { clock } = options
  const recorder = eventRecorder({ ...options, now: () => clock.now() })
  const waiting: Parameters<NodeServices['event']>[] = []
  let cancel: (() => void) | undefined
  const send = () => {
    cancel?.()
    cancel = undefined
    for (const args of waiting.splice(0)) recorder.record(...args)
  }
  return {
    event(...args) {
      waiting.push(args)
      cancel ??= clock.after(eventDelayMs, send)
    },
    async flush() {
      send()
      await recorder.flush()
    },
  }
}

/** The machine's servers, past a local stub that means nothing in a pod. */
async function hostResolvConf(): Promise<string> {
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  const onlyLoopback = /^\s*nameserver\s/m.test(own) && !/^\s*nameserver\s+(?!127\.|::1\s*$)/m.test(own)
  return onlyLoopback ? readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => own) : own
}

async function openNetwork(options: NodeOptions, settings: NodeSettings, log: Log): Promise<PodNetwork> {
  const { dataDir } = options
  if (settings.hostNetwork) return hostNetwork('127.0.0.1')
  try {
    return await bridgeNetwork({
      instance: instanceOf(dataDir),
      dataDir,
      cidr: settings.cidr,
      egress: settings.egress,
      ahead: settings.namespacesAhead,
      log,
    })
  } catch (error) {
    log.warn({ err: error }, "network namespaces cannot be made here: pods share the machine's network, with a port each")
    return hostNetwork('127.0.0.1')
  }
}

function every(clock: Clock, ms: number, log: Log, work: () => Promise<unknown>): () => void {
  let cancel = () => {}
  let stopped = false
  const plan = () => {
    if (stopped) return
    cancel = clock.after(ms, () => {
      work()
        .catch(error => log.warn({ err: error }, 'a regular task of the node failed'))
        .finally(plan)
    })
  }
  plan()
  return () => {
    stopped = true
    cancel()
  }
}

async function rotateLogs(pods: PodManager, services: NodeServices): Promise<void> {
  for (const { podDir, record } of pods.all())
    for (const [name, { phase, attempt, id }] of Object.entries(record.state.containers)) {
      if (phase !== 'running') continue
      await rotateLog(logPath(podDir, name, attempt), defaultRotation, services.clock.now(), () =>
        services.runtime.reopenLog(bundleDir(podDir, id!)),
      )
      if (attempt > 1) await keepLastRuns(logDir(podDir, name), attempt)
    }
}

async function pruneImages(
  images: ImageStore,
  pods: PodManager,
  dir: string,
  settings: NodeSettings,
  now: number,
): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(dir)
  const disk = { totalBytes: blocks * bsize, usedBytes: (blocks - bavail) * bsize }
  const policy = { maxUnusedMs: settings.imageMaxUnusedHours * 3_600_000, high: 0.85, low: 0.8 }
  const doomed = imagesToRemove(images.all(), disk, policy, now)
  await images.prune(image => doomed.has(image.digest), pods.imagesInUse())
}

async function makeServices(
  options: NodeOptions,
  settings: NodeSettings,
  chosen: ChosenRuntime,
  machine: Machine,
  event: NodeServices['event'],
): Promise<NodeServices> {
  const { api, log, clock = systemClock, dataDir } = options
  const { runtime, rootFs } = chosen
  const secretsDir = join(dataDir, 'memory')
  const [network, images, resolvConf] = await Promise.all([
    openNetwork(options, settings, log),
    openImageStore({ dir: join(dataDir, 'images'), overlay: rootFs === 'overlay', now: () => clock.now() }),
    hostResolvConf(),
    mountSecretsDir(secretsDir),
  ])
  return {
    ...{ api, log, clock, runtime, network, images, event, resolvConf },
    puller: imagePuller({ store: images, now: () => clock.now() }),
    volumes: podVolumes({ secretsDir, allowHostPath: settings.allowHostPath }),
    nodeName: settings.name ?? machine.hostname,
    hostIP: network.hostAddress,
    podsDir: join(dataDir, 'pods'),
    hosts: settings.hosts,
    pidsLimit: settings.pidsLimit,
    machine,
  }
}

/** @throws NoRuntimeError where no containers can be made, saying what to install */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { api, log, clock = systemClock, dataDir } = options
  const settings: NodeSettings = { ...defaultSettings, ...options.settings }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const events = delayedEvents({ api, log, clock, component: 'kubelet' })
  const schedulerEvents = delayedEvents({ api, log, clock, component: 'default-scheduler' })
  const [machine, chosen] = await Promise.all([
    readMachine(),
    chooseRuntime({ stateDir: join(dataDir, 'run'), instance: instanceOf(dataDir), log, binaries: settings.runtimes }),
  ])
  const services = await makeServices(options, settings, chosen, machine, events.event)
  const { runtime, network, images, nodeName } = services
  const pods = await startPodManager(services)
  const kubelet = await startKubeletServer({
    services,
    pods,
    address: settings.address,
    port: settings.port,
    token: options.kubeletToken,
    log,
  })
  const registration = await registerNode({
    ...{ api, clock, log },
    input: () => ({
      name: nodeName,
      machine,
      address: settings.address,
      kubelet: { port: kubelet.port, scheme: 'http' },
      ...(network.cidr && { podCIDR: network.cidr }),
      maxPods: settings.maxPods,
      runtime,
      images: images.all(),
      version: options.version ?? 'v1.34.0',
      now: clock.now(),
    }),
  })

  const stopping = new AbortController()
  const informer = startInformer(k8s.Pod, {
    api,
    log,
    clock,
    signal: stopping.signal,
    ...(!settings.schedule && { fields: `spec.nodeName=${nodeName}` }),
  })
  informer.onChange((type, pod) => {
    if (pod.spec.nodeName === nodeName) pods.changed(type, pod)
  })
  void informer.synced.then(() => pods.synced(new Set(informer.list().map(p => p.metadata.uid!))))
  const capacity = { cpu: machine.cpu, memory: machine.memory, pods: settings.maxPods }
  const labels = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': machine.architecture }
  const stopScheduler = settings.schedule
    ? startScheduler({ ...{ api, nodeName, labels, capacity, clock, log }, pods: informer, event: schedulerEvents.event })
    : () => {}
  const tasks = [
    every(clock, refreshMs, log, () => pods.refresh()),
    every(clock, rotateMs, log, () => rotateLogs(pods, services)),
    every(clock, imageGcMs, log, () => pruneImages(images, pods, dataDir, settings, clock.now())),
  ]
  log.info(
    { node: nodeName, runtime: `${runtime.name} ${runtime.version}`, network: network.cidr ?? 'host', kubelet: kubelet.port },
    'node is up',
  )

  return {
    name: nodeName,
    ...{ network, images, pods, kubelet },
    async stop() {
      stopping.abort()
      stopScheduler()
      for (const cancel of tasks) cancel()
      await registration.stop()
      await kubelet.close()
      await pods.stop()
      await Promise.all([events.flush(), schedulerEvents.flush()])
      await network.close()
      if (!settings.keepOnStop) {
        await pods.endAll(settings.stopGraceSeconds * 1000)
        await network.destroy()
        await unmountBelow(dataDir)
      }
      services.puller.close()
      chosen.runtime.close()
    },
  }
}
