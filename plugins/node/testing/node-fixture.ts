/** A whole node for tests: real containers, an API in memory. Stops and removes all of it at the end. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { k8s } from '@slipway/core/api'
import { type Log, silentLog } from '@slipway/core/observe'
import { cleanUp } from '../clean-up.ts'
import { type RunningNode, startNode } from '../node.ts'
import type { NodeSettings } from '../node-options.ts'
import { type FakeApi, fakeApi } from './fake-api.ts'
import { busyboxLayer, type TestImage, writeLayout } from './layout.ts'

const has = (command: string, ...args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** @returns what a machine lacks for real containers, or undefined */
export function missingForContainers(): string | undefined {
  if (process.platform !== 'linux') return `containers need Linux, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'containers need root'
  if (!has('runc', '--version')) return 'runc is not installed'
  if (!has('conmon', '--version')) return 'conmon is not installed'
  if (!has('ip', '-V')) return 'iproute2 is not installed'
  try {
    statSync('/bin/busybox')
  } catch {
    return 'busybox-static is not installed'
  }
  return undefined
}

export interface NodeFixture {
  api: FakeApi
  node: RunningNode
  dataDir: string
  /** Puts a pod in namespace `demo` and waits until it meets a condition. */
  run(name: string, spec: Partial<k8s.PodSpec>, meets: (pod: k8s.Pod) => boolean, ms?: number): Promise<k8s.Pod>
  /** Deletes it as a user would, and waits until it is gone. */
  remove(name: string, ms?: number): Promise<void>
  /** Stops the node and starts it again on the same folder. */
  restart(): Promise<void>
  destroy(): Promise<void>
}

export const kubeletToken = 'test-token'
export const busyboxImage = async (): Promise<TestImage> => ({
  name: 'busybox:test',
  layers: [await busyboxLayer()],
  config: { Cmd: ['sh'], Env: ['PATH=/bin', 'FROM_IMAGE=yes'], WorkingDir: '/tmp' },
})

/** What Kubernetes' defaults would say, and the API in memory does not. */
export const podOf = (name: string, spec: Partial<k8s.PodSpec>): k8s.Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'demo' },
  spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 5, containers: [], ...spec },
})
/** A container of the busybox image that runs a line of shell. */
export const shell = (name: string, script: string, more: Partial<k8s.Container> = {}): k8s.Container => ({
  name,
  image: 'busybox:test',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
})

export const isReady = (pod: k8s.Pod): boolean => pod.status?.conditions?.find(c => c.type === 'Ready')?.status === 'True'
export const inPhase =
  (phase: string) =>
  (pod: k8s.Pod): boolean =>
    pod.status?.phase === phase
export const statusOf = (pod: k8s.Pod, name: string): k8s.ContainerStatus =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(c => c.name === name)!

export async function nodeFixture(
  options: { settings?: Partial<NodeSettings>; images?: TestImage[]; log?: Log } = {},
): Promise<NodeFixture> {
  const { log = silentLog } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  const api = fakeApi()
  const settings = { schedule: true, keepOnStop: true, name: 'test-node', namespacesAhead: 1, ...options.settings }
  const start = () => startNode({ api, log, dataDir: join(dataDir, 'node'), settings, kubeletToken })
  const fixture: NodeFixture = {
    api,
    node: await start(),
    dataDir,
    run(name, spec, meets, ms) {
      api.put(k8s.Pod, podOf(name, spec))
      return api.until(k8s.Pod, `demo/${name}`, pod => pod !== undefined && meets(pod), ms)
    },
    async remove(name, ms) {
      await api.delete(k8s.Pod, { namespace: 'demo', name })
      await api.until(k8s.Pod, `demo/${name}`, pod => pod === undefined, ms)
    },
    async restart() {
      await fixture.node.stop()
      fixture.node = await start()
    },
    async destroy() {
      await fixture.node.stop()
      await cleanUp(join(dataDir, 'node'))
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  writeLayout(join(dataDir, 'layout'), [await busyboxImage(), ...(options.images ?? [])])
  await fixture.node.images.importLayout(join(dataDir, 'layout'))
  return fixture
}
