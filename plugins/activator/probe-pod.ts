/**
 * Asks a pod itself whether it answers, without waiting for kubelet and API server to say so.
 * Source: knative.dev/serving pkg/activator/net/revision_backends.go, pkg/queue/readiness
 */
import { connect } from 'node:net'
import { httpRequest } from '@slipway/core/http'
import type { PodProbe } from './revision-settings.ts'

/** Calls back once. @returns how to stop asking; then nothing is called */
export function probePod(ip: string, probe: PodProbe, timeoutMs: number, answer: (passed: boolean) => void): () => void {
  if (probe.how === 'api') {
    answer(false)
    return () => {}
  }
  let open = true
  const done = (passed: boolean) => {
    if (!open) return
    open = false
    stop()
    answer(passed)
  }
  const stop = probe.how === 'tcp' ? knock(ip, probe.port, timeoutMs, done) : ask(ip, probe, timeoutMs, done)
  return () => {
    open = false
    stop()
  }
}

function knock(host: string, port: number, timeoutMs: number, done: (passed: boolean) => void): () => void {
  const socket = connect({ host, port, timeout: timeoutMs })
  socket.on('connect', () => done(true))
  socket.on('timeout', () => done(false))
  socket.on('error', () => done(false))
  return () => socket.destroy()
}

function ask(
  host: string,
  { port, path, headers }: Extract<PodProbe, { how: 'http' }>,
  timeoutMs: number,
  done: (passed: boolean) => void,
): () => void {
  const own = Object.fromEntries(headers.map(({ name, value }) => [name, value]))
  const sent = httpRequest(
    { host, port, path, agent: false, timeout: timeoutMs, headers: { 'user-agent': 'slipway-activator-probe', ...own } },
    response => {
      response.resume()
      const { statusCode = 0 } = response
      done(statusCode >= 200 && statusCode < 400)
    },
  )
  sent.on('timeout', () => done(false))
  sent.on('error', () => done(false))
  sent.end()
  return () => sent.destroy()
}
