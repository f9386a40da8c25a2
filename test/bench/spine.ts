/**
 * The spine as a user meets it, on one machine: how long a start, a push and a cold start take, what the whole costs when nothing happens;
 * then the API server and the gateway under load, each beside its reference.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { localRequest } from '@slipway/core/http'
import { atMost, type Goal, type Measured, spread } from '../harness/bench.ts'
import { openScope, type Scope } from '../harness/scope.ts'
import { type Slipway, startSlipway, type WorkingTree, workingTree, writeApp } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'
import * as apiserver from './apiserver.ts'
import * as dataPlane from './data-plane.ts'

export const title = 'spine: start, push, cold start, idle cost; API server and gateway under load'

const pushes = 7
const coldStarts = 15
const starts = 3
const idleSeconds = 20
const ticksPerSecond = 100
const files = 100

const rounded = (n: number, digits = 0) => Number(n.toFixed(digits))
const summary = (samples: number[]) =>
  Object.fromEntries(Object.entries(spread(samples)).map(([name, value]) => [name, rounded(value)]))

/** Milliseconds from the beginning of `git push` to the first answer of the new code, looked for all the while. */
async function timePush(slipway: Slipway, tree: WorkingTree, text: string): Promise<number> {
  await writeApp(tree, text)
  await tree.commit(text)
  const url = `http://app.demo.localhost:${slipway.ports.gateway}`
  const began = performance.now()
  const pushing = tree.push(`http://localhost:${slipway.ports.git}/demo/app.git`)
  await waitFor(
    `“${text}” to be answered`,
    async () => (await localRequest(url, { timeoutMs: 2000 })).text.startsWith(`${text} `),
    { everyMs: 10 },
  )
  const took = performance.now() - began
  const { code, stderr } = await pushing
  if (code !== 0) throw new Error(`the push failed: ${stderr}`)
  return took
}

async function timePushes(slipway: Slipway, scope: Scope): Promise<number[]> {
  await slipway.kubectl(['create', 'namespace', 'demo'])
  await slipway.kubectl(['apply', '-f', '-'], {
    input:
      'apiVersion: slipway.dev/v1alpha1\nkind: Repository\nmetadata: { name: app, namespace: demo }\nspec: { build: { builder: layers }, release: {} }\n',
  })
  const tree = await workingTree(scope)
  for (let i = 0; i < files; i++)
    await tree.write(`lib/module-${i}.js`, `export const value${i} = ${JSON.stringify('x'.repeat(500))}\n`)
  await timePush(slipway, tree, 'warm-up')
  const times: number[] = []
  for (let i = 0; i < pushes; i++) times.push(await timePush(slipway, tree, `push-${i}`))
  return times
}

/** Milliseconds from a request to its answer by a revision that had no pod. */
async function timeColdStarts(slipway: Slipway): Promise<number[]> {
  const url = `http://app.demo.localhost:${slipway.ports.gateway}`
  const times: number[] = []
  for (let i = 0; i < coldStarts; i++) {
    await waitFor(
      'the revision to be at zero',
      async () => {
        const { items } = JSON.parse(
          await slipway.kubectl(['get', 'pods', '-n', 'demo', '-l', 'serving.knative.dev/service=app', '-o', 'json']),
        )
        return items.length === 0
      },
      { timeoutMs: 120_000, everyMs: 500 },
    )
    await sleep(300)
    const began = performance.now()
    const { status, text } = await localRequest(url)
    if (status !== 200) throw new Error(`a cold start was answered by ${status}: ${text}`)
    times.push(performance.now() - began)
  }
  return times
}

const rssMb = async (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
const cpuTicks = async (pid: number) => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

interface Idle {
  controlMb: number
  dataMb: number
  cpuPercent: number
}
async function measureIdle(slipway: Slipway): Promise<Idle> {
  const data = Number(JSON.parse(await readFile(join(slipway.home, 'plugins', 'data-plane', 'state.json'), 'utf8')).pid)
  const ticks = async () => (await cpuTicks(slipway.pid)) + (await cpuTicks(data))
  const before = await ticks()
  await sleep(idleSeconds * 1000)
  const cpuPercent = (100 * ((await ticks()) - before)) / ticksPerSecond / idleSeconds
  return { controlMb: await rssMb(slipway.pid), dataMb: await rssMb(data), cpuPercent }
}

async function measureWhole(): Promise<Measured> {
  const scope = openScope()
  try {
    const slipway = await startSlipway(scope, { plugins: { autoscaler: { stableWindow: '6s', scaleToZeroGracePeriod: '1s' } } })
    const first = slipway.startedInMs
    const restarts: number[] = []
    for (let i = 0; i < starts; i++) {
      await slipway.kill('SIGTERM')
      await slipway.start()
      restarts.push(slipway.startedInMs)
    }
    const pushTimes = await timePushes(slipway, scope)
    const cold = await timeColdStarts(slipway)
    await sleep(30_000)
    const idle = await measureIdle(slipway)
    return {
      figures: {
        first_start_ms: rounded(first),
        start_ms: summary(restarts),
        push_ms: summary(pushTimes),
        cold_start_ms: summary(cold),
      },
      goals: [
        atMost('push of 100 files → first 200, median', rounded(spread(pushTimes).p50), 'ms', 3000),
        atMost('start to all ready, median', rounded(spread(restarts).p50), 'ms', 4000),
        atMost('cold start p95', rounded(spread(cold).p95), 'ms', 500),
        atMost('control plane idle', rounded(idle.controlMb), 'MB RSS', 180),
        atMost('data plane idle', rounded(idle.dataMb), 'MB RSS', 80),
        atMost('idle CPU of both', rounded(idle.cpuPercent, 2), '%', 2),
      ],
    }
  } finally {
    await scope.close()
  }
}

const prefixed = (prefix: string, figures: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}_${name}`, value]))

export async function run(): Promise<Measured> {
  const parts: { prefix: string; measured: { figures: object; goals: Goal[] } }[] = [
    { prefix: 'spine', measured: await measureWhole() },
    { prefix: 'apiserver', measured: await apiserver.run() },
    { prefix: 'data_plane', measured: await dataPlane.run() },
  ]
  return {
    figures: Object.assign(
      {},
      ...parts.map(({ prefix, measured }) => prefixed(prefix, measured.figures as Record<string, unknown>)),
    ),
    goals: parts.flatMap(({ measured }) => measured.goals),
  }
}
