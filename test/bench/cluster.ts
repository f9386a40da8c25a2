/** How fast the controllers act, with the API server in the same process as in the embedded profile. Pods are run by a stand-in: nodes are measured elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KubeObject, k8s, type ResourceKind } from '@slipway/core/api'
import { type Api, connectApi } from '@slipway/core/client'
import { silentLog } from '@slipway/core/observe'
import { ApiConnection, startHost } from '@slipway/core/plugin'
import { createApiServer } from '@slipway/plugin-apiserver/server'
import cluster from '@slipway/plugin-cluster'
import { runPods } from '../chaos/cluster.kubelet.ts'
import { atMost, type Measured, spread } from '../harness/bench.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title = 'controllers: scale 0 → 1 to pod, Job to pod, 50 Jobs, deletion of a namespace, idle CPU'

const rounds = 30
const namespace = 'bench'
const containers = [{ name: 'main', image: 'none' }]

const deploymentOf = (app: string) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace },
    spec: { replicas: 0, selector: { matchLabels: { app } }, template: { metadata: { labels: { app } }, spec: { containers } } },
  }) as unknown as k8s.Deployment
const jobOf = (name: string) =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: { template: { spec: { restartPolicy: 'Never', containers } } },
  }) as unknown as k8s.Job

/** Milliseconds from `act` until a watch brings an object that `isIt` accepts, and how long `act` itself took. */
async function until<T extends KubeObject>(
  api: Api,
  kind: ResourceKind<T>,
  act: () => Promise<unknown>,
  isIt: (object: T) => boolean,
) {
  const { metadata } = await api.list(kind, { namespace })
  const stopping = new AbortController()
  const seen = (async () => {
    const options = { namespace, resourceVersion: metadata.resourceVersion!, signal: stopping.signal }
    for await (const { type, object } of api.watch(kind, options))
      if (type !== 'BOOKMARK' && isIt(object)) return performance.now()
    return Number.NaN
  })()
  await sleep(20)
  const began = performance.now()
  await act()
  const call = performance.now() - began
  const ms = (await seen) - began
  stopping.abort()
  return { ms, call }
}

async function coldStarts(api: Api) {
  const whole: number[] = []
  const beyond: number[] = []
  for (let i = 0; i < rounds; i++) {
    const app = `web-${i}`
    // The ReplicaSet is there before, as that of a revision at zero is.
    await until(
      api,
      k8s.ReplicaSet,
      () => api.create(k8s.Deployment, deploymentOf(app)),
      rs => rs.metadata.labels?.app === app && rs.status !== undefined,
    )
    const scale = () =>
      api.patch(k8s.Deployment, { namespace, name: app }, 'merge', { spec: { replicas: 1 } }, { subresource: 'scale' })
    const { ms, call } = await until(api, k8s.Pod, scale, pod => pod.metadata.labels?.app === app)
    whole.push(ms)
    // Three writes one after the other: scale, ReplicaSet, pod. What is left is the controllers' own.
    beyond.push(Math.max(0, ms - 3 * call))
  }
  return { whole: spread(whole), beyond: spread(beyond) }
}

async function jobPods(api: Api) {
  const samples: number[] = []
  for (let i = 0; i < rounds; i++) {
    const name = `job-${i}`
    const { ms } = await until(
      api,
      k8s.Pod,
      () => api.create(k8s.Job, jobOf(name)),
      pod => pod.metadata.labels?.['job-name'] === name,
    )
    samples.push(ms)
  }
  return spread(samples)
}

async function manyJobs(api: Api): Promise<number> {
  const began = performance.now()
  await Promise.all(Array.from({ length: 50 }, (_, i) => api.create(k8s.Job, jobOf(`many-${i}`))))
  const isDone = ({ status }: k8s.Job) => status?.conditions?.some(c => c.type === 'Complete' && c.status === 'True')
  await waitFor('50 Jobs to complete', async () => (await api.list(k8s.Job, { namespace })).items.every(isDone), { everyMs: 20 })
  return performance.now() - began
}

async function idleCpu(): Promise<number> {
  await sleep(2000)
  const before = process.cpuUsage()
  const began = performance.now()
  await sleep(10_000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 10 / (performance.now() - began)
}

async function measure(api: Api): Promise<Measured> {
  await api.create(k8s.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as k8s.Namespace)
  const cold = await coldStarts(api)
  const job = await jobPods(api)
  const fiftyJobsMs = await manyJobs(api)
  const idleCpuPercent = await idleCpu()
  const began = performance.now()
  await api.delete(k8s.Namespace, { name: namespace })
  await waitFor('the namespace to be gone', async () => !(await api.find(k8s.Namespace, { name: namespace })), { everyMs: 10 })
  const namespaceMs = performance.now() - began
  return {
    figures: { scaleToPodMs: cold.whole, beyondCallsMs: cold.beyond, jobToPodMs: job, fiftyJobsMs, idleCpuPercent, namespaceMs },
    goals: [
      atMost('scale 0 → 1 to pod, beyond API calls, median', cold.beyond.p50, 'ms', 15),
      atMost('idle CPU, API server included', idleCpuPercent, '%', 2),
    ],
  }
}

export async function run(): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  const stopping = new AbortController()
  const server = await createApiServer({ dataDir, socketPath: join(dataDir, 'api.sock') })
  const api = connectApi(server.localConnection!, { userAgent: 'bench' })
  const values: [typeof ApiConnection, ApiConnection][] = [[ApiConnection, server.localConnection!]]
  const host = await startHost({ plugins: [cluster], values, dataDir, log: silentLog })
  try {
    runPods(api, stopping.signal)
    await sleep(1500)
    return await measure(api)
  } finally {
    stopping.abort()
    await host.stop()
    await api.close()
    await server.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}
