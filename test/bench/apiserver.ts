/**
 * The embedded API server under load, over TLS, with the load generator on the same cores: durable creates, GETs, updates, patches, lists, the delay
 * of a watch, memory. Objects are ConfigMaps of 1.8 KB, the size that the figures of kube-apiserver with etcd were taken with.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiConnection } from '@slipway/core/plugin'
import { Pool } from 'undici'

export const title = 'apiserver: creates, GETs, lists, watches'

interface Goal {
  name: string
  value: number
  unit: string
  goal: number
  met: boolean
}
type Figures = Record<string, number>

const seconds = 4
const clients = 50
const namespace = 'default'
const path = `/api/v1/namespaces/${namespace}/configmaps`

const body = (name?: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...(name ? { name } : { generateName: 'bench-' }), labels: { app: 'bench' } },
    data: { sent: String(performance.timeOrigin + performance.now()), text: 'x'.repeat(1600) },
  })

const percentile = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
const rounded = (n: number) => Math.round(n * 100) / 100

interface Load {
  perSecond: number
  p50: number
  p95: number
}

/** Closed loop: each client sends its next request when the last was answered. */
async function load(parallel: number, once: (n: number) => Promise<unknown>, forSeconds = seconds): Promise<Load> {
  const times: number[] = []
  const began = performance.now()
  const until = began + forSeconds * 1000
  let n = 0
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (performance.now() < until) {
        const start = performance.now()
        await once(n++)
        times.push(performance.now() - start)
      }
    }),
  )
  const perSecond = times.length / ((performance.now() - began) / 1000)
  times.sort((a, b) => a - b)
  return { perSecond: Math.round(perSecond), p50: rounded(percentile(times, 0.5)), p95: rounded(percentile(times, 0.95)) }
}

const child = (file: string, args: string[]) => fork(new URL(file, import.meta.url), args, { stdio: 'inherit' })
async function ask<T>(process: ChildProcess, question: string): Promise<T> {
  process.send(question)
  const [answer] = (await once(process, 'message')) as [T]
  return answer
}

export async function run(): Promise<{ figures: Figures; goals: Goal[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  const server = child('./apiserver.server.ts', [dir])
  const children = [server]
  try {
    const [connection] = (await once(server, 'message')) as [ApiConnection]
    const figures: Figures = {}
    const pool = new Pool(connection.url, { connections: clients, connect: { ca: connection.ca! } })
    const headers = { authorization: `Bearer ${connection.token}`, 'content-type': 'application/json', 'user-agent': 'bench/1' }
    const send = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH', where: string, content?: string, type?: string) => {
      const answer = await pool.request({
        method,
        path: where,
        headers: type ? { ...headers, 'content-type': type } : headers,
        ...(content && { body: content }),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 300) throw new Error(`${method} ${where}: ${answer.statusCode} ${text.slice(0, 200)}`)
      return text
    }
    await load(8, () => send('POST', path, body()), 1)
    figures.idleRssMb = rounded((await ask<number>(server, 'memory')) / 1e6)

    for (const parallel of [1, 10, clients]) {
      const { perSecond, p50, p95 } = await load(parallel, () => send('POST', path, body()))
      Object.assign(figures, {
        [`creates_${parallel}`]: perSecond,
        [`creates_${parallel}_p50ms`]: p50,
        [`creates_${parallel}_p95ms`]: p95,
      })
    }
    for (let i = 0; i < 1000; i++)
      if (i % 50 === 0)
        await Promise.all(
          Array.from({ length: 50 }, (_, j) => send('POST', '/api/v1/namespaces/kube-public/configmaps', body(`c-${i + j}`))),
        )
    const one = '/api/v1/namespaces/kube-public/configmaps/c-1'
    const gets = await load(clients, n => send('GET', `/api/v1/namespaces/kube-public/configmaps/c-${n % 1000}`))
    Object.assign(figures, { gets: gets.perSecond, gets_p95ms: gets.p95 })
    const puts = await load(clients, n =>
      send('PUT', `/api/v1/namespaces/kube-public/configmaps/c-${n % 1000}`, body(`c-${n % 1000}`)),
    )
    Object.assign(figures, { puts: puts.perSecond, puts_p95ms: puts.p95 })
    const patches = await load(clients, n =>
      send(
        'PATCH',
        `/api/v1/namespaces/kube-public/configmaps/c-${n % 1000}`,
        `{"data":{"n":"${n}"}}`,
        'application/merge-patch+json',
      ),
    )
    Object.assign(figures, { patches: patches.perSecond, patches_p95ms: patches.p95 })
    const applies = await load(clients, n =>
      send(
        'PATCH',
        `/api/v1/namespaces/kube-public/configmaps/c-${n % 1000}?fieldManager=bench&force=true`,
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c-${n % 1000}` }, data: { n: String(n) } }),
        'application/apply-patch+yaml',
      ),
    )
    Object.assign(figures, { applies: applies.perSecond, applies_p95ms: applies.p95 })
    const lists = await load(1, () => send('GET', '/api/v1/namespaces/kube-public/configmaps'), 2)
    Object.assign(figures, { list1000_p50ms: lists.p50, list1000_p95ms: lists.p95 })
    await send('GET', one)

    const watcher = child('./apiserver.watcher.ts', [JSON.stringify(connection), namespace])
    children.push(watcher)
    await once(watcher, 'message')
    for (const parallel of [1, 10, clients]) {
      watcher.send('start')
      await load(parallel, () => send('POST', path, body()), 3)
      const delays = (await ask<number[]>(watcher, 'delays')).sort((a, b) => a - b)
      Object.assign(figures, {
        [`watch_${parallel}_p50ms`]: rounded(percentile(delays, 0.5)),
        [`watch_${parallel}_p95ms`]: rounded(percentile(delays, 0.95)),
      })
    }
    figures.loadedRssMb = rounded((await ask<number>(server, 'memory')) / 1e6)
    await pool.close()
    const goal = (name: string, value: number, unit: string, wanted: number, atLeast = true): Goal => ({
      name,
      value,
      unit,
      goal: wanted,
      met: atLeast ? value >= wanted : value <= wanted,
    })
    return {
      figures,
      goals: [
        goal('durable creates, 50 clients', figures[`creates_${clients}`]!, '1/s', 2500),
        goal('GETs, 50 clients', figures.gets!, '1/s', 5000),
        goal('create sent to event seen, p95, 10 clients', figures.watch_10_p95ms!, 'ms', 5, false),
        goal('list of 1,000, p95', figures.list1000_p95ms!, 'ms', 50, false),
      ],
    }
  } finally {
    for (const process of children) {
      process.kill('SIGKILL')
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
    }
    await rm(dir, { recursive: true, force: true })
  }
}

if (import.meta.main) console.log(JSON.stringify({ name: 'apiserver', ...(await run()) }, undefined, 2))
