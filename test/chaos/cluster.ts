/** SIGKILL of the controllers, over and over, while Jobs and Deployments run: nothing may be lost, doubled or counted twice. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { k8s } from '@slipway/core/api'
import { type Api, connectApi } from '@slipway/core/client'
import { createApiServer } from '@slipway/plugin-apiserver/server'
import { check } from '../harness/check.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { startProcess } from '../harness/start-process.ts'
import { waitFor } from '../harness/wait-for.ts'
import { runPods } from './cluster.kubelet.ts'

export const title =
  'controllers killed at any time: no pod of a Job lost, doubled or counted twice, no rollout stuck, nothing left behind'

const namespace = 'chaos'
const kills = 25
const jobs = 50
const deployments = 6

interface Wanted {
  name: string
  succeeded: number
  failed: number
}

function jobOf(i: number): { job: k8s.Job; wanted: Wanted } {
  const name = `job-${i}`
  const kind = i % 4
  const completions = kind < 2 ? 1 : 4
  const fails = kind === 1
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      completions,
      parallelism: Math.min(2, completions),
      backoffLimit: 0,
      ...(kind === 3 && { completionMode: 'Indexed' }),
      template: {
        metadata: { labels: fails ? { exit: '3' } : {} },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] },
      },
    },
  } as unknown as k8s.Job
  return { job, wanted: { name, succeeded: fails ? 0 : completions, failed: fails ? 1 : 0 } }
}

const deploymentOf = (i: number, image: string) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `web-${i}`, namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: `web-${i}` } },
      template: { metadata: { labels: { app: `web-${i}` } }, spec: { containers: [{ name: 'main', image }] } },
    },
  }) as unknown as k8s.Deployment

const isFinished = ({ status }: k8s.Job) =>
  status?.conditions?.some(c => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True') ?? false
const isRolledOut = ({ metadata, spec, status }: k8s.Deployment) =>
  status?.observedGeneration === metadata.generation &&
  status?.updatedReplicas === spec.replicas &&
  status?.availableReplicas === spec.replicas &&
  status?.replicas === spec.replicas

async function killOften(
  start: () => Promise<{ kill(signal: 'SIGKILL'): void; exited: Promise<unknown> }>,
  between: (n: number) => Promise<void>,
) {
  for (let n = 0; n < kills; n++) {
    const controllers = await start()
    await between(n)
    // They are at work by now; the moment within that is left to chance.
    await sleep(Math.random() * 250)
    controllers.kill('SIGKILL')
    await controllers.exited
  }
}

async function judge(api: Api, wanted: Wanted[], made: Map<string, Set<string>>): Promise<void> {
  const { items } = await api.list(k8s.Job, { namespace })
  const counted = wanted.map(want => {
    const status = items.find(job => job.metadata.name === want.name)?.status
    return { want, succeeded: status?.succeeded ?? 0, failed: status?.failed ?? 0, pods: made.get(want.name)?.size ?? 0 }
  })
  const wrong = counted.filter(c => c.succeeded !== c.want.succeeded || c.failed !== c.want.failed)
  check(`each of ${wanted.length} Jobs counts exactly its pods`, !wrong.length, JSON.stringify(wrong))
  const doubled = counted.filter(c => c.pods !== c.want.succeeded + c.want.failed)
  check('no Job ever had a pod too many or too few', !doubled.length, JSON.stringify(doubled))
  const pods = await api.list(k8s.Pod, { namespace })
  const held = pods.items.filter(pod => pod.metadata.finalizers?.length)
  check('no pod is held by a finalizer', !held.length, held.map(p => p.metadata.name).join())
}

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const dataDir = await scope.folder()
  const socketPath = `${dataDir}/api.sock`
  const server = await createApiServer({ dataDir, socketPath })
  scope.defer(() => server.close())
  const api = connectApi(server.localConnection!, { userAgent: 'chaos' })
  scope.defer(() => api.close())
  await api.create(k8s.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as k8s.Namespace)
  const { made } = runPods(api, scope.signal)

  const program = fileURLToPath(new URL('./cluster.controllers.ts', import.meta.url))
  const start = async () => {
    const controllers = await startProcess({
      name: 'controllers',
      command: process.execPath,
      args: [program, `${dataDir}/controllers`, JSON.stringify(server.localConnection)],
      logFile: `${dataDir}/controllers.log`,
    })
    scope.defer(() => controllers.stop('SIGKILL'))
    return controllers
  }

  const all = Array.from({ length: jobs }, (_, i) => jobOf(i))
  await killOften(start, async n => {
    for (const { job } of all.slice((n * jobs) / kills, ((n + 1) * jobs) / kills)) await api.create(k8s.Job, job)
    const i = n % deployments
    const image = `image-${Math.floor(n / deployments)}`
    if (n < deployments) await api.create(k8s.Deployment, deploymentOf(i, image))
    else await api.patch(k8s.Deployment, { namespace, name: `web-${i}` }, 'merge', { spec: deploymentOf(i, image).spec })
    const last = all[Math.floor(((n + 1) * jobs) / kills) - 1]!.wanted.name
    await waitFor(`the first pod of ${last}`, () => made.has(last), { everyMs: 5 })
  })
  say(`killed the controllers ${kills} times`)

  await start()
  await waitFor('all Jobs to finish', async () => (await api.list(k8s.Job, { namespace })).items.every(isFinished), {
    timeoutMs: 60_000,
  })
  say('all Jobs have finished')
  await judge(
    api,
    all.map(a => a.wanted),
    made,
  )
  await waitFor(
    'all Deployments to be rolled out',
    async () => (await api.list(k8s.Deployment, { namespace })).items.every(isRolledOut),
    { timeoutMs: 60_000 },
  )
  check('every Deployment is rolled out to its last template', true)
  say('all is well; deleting the namespace')

  await api.delete(k8s.Namespace, { name: namespace })
  await waitFor('the namespace to be gone', async () => !(await api.find(k8s.Namespace, { name: namespace })), {
    timeoutMs: 60_000,
  })
  check('the namespace went, with all that was in it', !(await api.list(k8s.Pod, { namespace })).items.length)
}
