/** Makes a case's calls on one server and gives its answers as they came; `normalize` makes them comparable. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, ContractCase, Step, WatchCall } from './case.ts'
import { jsonLines } from './json-lines.ts'
import { type Connection, type Outgoing, readText } from './target.ts'
import { fieldAt, fill, type Seen } from './template.ts'

export interface Answer {
  status: number
  type?: string
  warnings?: string[]
  /** Parsed JSON, or text. */
  body?: unknown
  /** Of a watch. */
  events?: unknown[]
}

const isWatch = (step: Step): step is WatchCall => 'watch' in step

function outgoingOf(call: Call, seen: Seen): Outgoing {
  const text =
    call.text !== undefined
      ? (fill(call.text, seen) as string)
      : call.body === undefined
        ? undefined
        : JSON.stringify(fill(call.body, seen))
  const headers: Record<string, string> = {}
  if (text !== undefined) {
    headers['content-type'] = 'application/json'
    headers['content-length'] = String(Buffer.byteLength(text))
  }
  Object.assign(headers, fill(call.headers ?? {}, seen))
  return { method: call.method, path: encodeURI(fill(call.path, seen) as string), headers, ...(text !== undefined && { text }) }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function runCall(connection: Connection, call: Call, seen: Seen): Promise<{ answer: Answer; body: unknown }> {
  let raw = await connection.call(outgoingOf(call, seen))
  for (let attempt = 0; call.untilCode !== undefined && raw.status !== call.untilCode && attempt < 100; attempt++) {
    await sleep(50)
    raw = await connection.call(outgoingOf(call, seen))
  }
  const body = parsed(raw.text)
  const { show } = call
  const answer: Answer = { status: raw.status, ...(raw.warnings.length && { warnings: raw.warnings }) }
  if (show?.length === 0 && raw.status < 400) return { answer, body }
  if (show?.length && raw.status < 400) answer.body = Object.fromEntries(show.map(path => [path, fieldAt(body, path)]))
  else Object.assign(answer, { type: raw.type, body })
  return { answer, body }
}

async function runWatch(connection: Connection, step: WatchCall, seen: Seen): Promise<Answer> {
  const controller = new AbortController()
  const call: Call = { method: 'GET', path: step.watch, ...(step.headers && { headers: step.headers }) }
  const message = await connection.open(outgoingOf(call, seen), controller.signal)
  const status = message.statusCode ?? 0
  if (status !== 200) return { status, body: parsed(await readText(message)) }
  const events: unknown[] = []
  // A server that never sends the awaited event must not hold up the suite: what came until then is compared, and differs.
  const patience = setTimeout(() => controller.abort(), 5000)
  try {
    const changes = (async () => {
      for (const during of step.during ?? []) await connection.call(outgoingOf(during, seen))
    })()
    for await (const event of jsonLines(message)) {
      events.push(event)
      const { type, object } = event as {
        type: string
        object: { metadata?: { name?: string }; rows?: { object?: { metadata?: { name?: string } } }[] }
      }
      const name = object.metadata?.name ?? object.rows?.[0]?.object?.metadata?.name
      if ((name === fill(step.until, seen) || step.until === '*') && (!step.untilType || type === step.untilType)) break
    }
    await changes
  } catch (error) {
    if (!controller.signal.aborted) throw error
  } finally {
    clearTimeout(patience)
    controller.abort()
    message.destroy()
  }
  return { status, events }
}

/**
 * Pods are admitted only with a ServiceAccount, which a controller makes in a cluster and nobody makes here. No token is mounted, so that
 * Pods look the same whether or not a controller was there first.
 */
async function makeNamespace(connection: Connection, seen: Seen): Promise<void> {
  const make = (path: string, body: unknown) => connection.call(outgoingOf({ method: 'POST', path, body }, seen))
  const made = await make('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: seen.ns } })
  if (made.status !== 201) throw new Error(`cannot make the namespace of the case: ${made.status} ${made.text}`)
  const accounts = `/api/v1/namespaces/${seen.ns}/serviceaccounts`
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' }, automountServiceAccountToken: false }
  const { status, text } = await make(accounts, account)
  if (status === 201) return
  const patch = { automountServiceAccountToken: false }
  const headers = { 'content-type': 'application/merge-patch+json' }
  const patched = await connection.call(outgoingOf({ method: 'PATCH', path: `${accounts}/default`, body: patch, headers }, seen))
  if (patched.status !== 200) throw new Error(`cannot make the service account of the case: ${status} ${text}`)
}

/** The answers, one a step. `id` must be new for each run on one server. */
export async function runCase(connection: Connection, { steps }: ContractCase, id: string): Promise<Answer[]> {
  const seen: Seen = { id, ns: `contract-${id}`, bodies: [] }
  if (JSON.stringify(steps).includes('{ns}')) await makeNamespace(connection, seen)
  const answers: Answer[] = []
  for (const step of steps) {
    if (isWatch(step)) {
      answers.push(await runWatch(connection, step, seen))
      seen.bodies.push(undefined)
    } else {
      const { answer, body } = await runCall(connection, step, seen)
      answers.push(answer)
      seen.bodies.push(body)
    }
  }
  return answers
}
