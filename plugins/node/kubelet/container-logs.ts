/** `/containerLogs/NAMESPACE/POD/CONTAINER`: a container's log as text. */

import { once } from 'node:events'
import { access } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type LogOptions, readLog } from '../log/read-log.ts'
import { logPath } from '../pod/paths.ts'
import { RequestError, type Target } from './target.ts'

const number = (text: string | null, name: string): number | undefined => {
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0)
    throw new RequestError(400, `${name} must be a non-negative integer, not ${JSON.stringify(text)}`)
  return value
}
const flag = (text: string | null) => text === 'true' || text === '1' || text === ''

/** @throws RequestError */
export function logOptions(query: URLSearchParams, now: number): LogOptions & { previous: boolean } {
  const sinceSeconds = number(query.get('sinceSeconds'), 'sinceSeconds')
  const sinceTime = query.get('sinceTime')
  if (sinceTime && Number.isNaN(Date.parse(sinceTime)))
    throw new RequestError(400, `sinceTime ${JSON.stringify(sinceTime)} is not an RFC 3339 time`)
  const stream = query.get('stream')?.toLowerCase()
  return {
    follow: query.has('follow') && flag(query.get('follow')),
    previous: query.has('previous') && flag(query.get('previous')),
    timestamps: query.has('timestamps') && flag(query.get('timestamps')),
    tailLines: number(query.get('tailLines'), 'tailLines'),
    limitBytes: number(query.get('limitBytes'), 'limitBytes'),
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    ...((stream === 'stdout' || stream === 'stderr') && { stream }),
  }
}

/** Which run's log is meant. @throws RequestError in kubelet's words */
async function runOf({ worker, container, state }: Target, previous: boolean): Promise<number> {
  const { name } = worker.record.pod.metadata
  const latest = state.phase === 'starting' ? state.attempt - 1 : state.attempt
  const attempt = previous ? latest - 1 : latest
  const exists =
    attempt >= 0 &&
    (await access(logPath(worker.podDir, container, attempt)).then(
      () => true,
      () => false,
    ))
  if (exists) return attempt
  if (previous)
    throw new RequestError(
      400,
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
    )
  const why = state.problem?.reason ?? (worker.record.pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating')
  const verb = state.problem ? 'trying and failing to pull image' : ''
  throw new RequestError(
    400,
    `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${verb && /ImagePull/.test(why) ? verb : why}`,
  )
}

export async function serveLogs(
  target: Target,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { previous, ...options } = logOptions(query, Date.now())
  const attempt = await runOf(target, previous)
  const { state, worker } = target
  const isOver = () => state.attempt !== attempt || state.phase !== 'running'
  const gone = new AbortController()
  request.on('close', () => gone.abort())
  response.on('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.flushHeaders()
  for await (const text of readLog(logPath(worker.podDir, target.container, attempt), options, isOver, gone.signal)) {
    if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}
