import type { Endpoint, Exchange, Forwarder } from '@slipway/core/http'
import { recordedExchange } from '@slipway/core/http/testing'
import type { PodTarget } from '@slipway/core/plugin'
import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { podHop } from './pod-hop.ts'

function pod(target: Partial<PodTarget> = {}) {
  const clock = fakeClock()
  const sent: { exchange: Exchange; endpoint: Endpoint }[] = []
  const forwarder: Forwarder = {
    hop: (exchange, endpoint) => void sent.push({ exchange, endpoint }),
    retire: () => {},
    size: 0,
    close: () => {},
  }
  const { hop } = podHop(forwarder, clock)
  const full: PodTarget = {
    endpoint: { host: '10.0.0.1', port: 8080, protocol: 'http1' },
    containerConcurrency: 0,
    timeouts: { totalSeconds: 5, responseStartSeconds: 0, idleSeconds: 0 },
    ...target,
  }
  const ask = () => {
    const recorded = recordedExchange()
    hop(recorded.exchange, full)
    return recorded
  }
  return { clock, sent, ask }
}

describe('queue-proxy', () => {
  it('sends to the pod', () => {
    const { sent, ask } = pod()
    ask()
    expect(sent[0]?.endpoint.host).to.equal('10.0.0.1')
  })
  it('keeps the concurrency of a pod, lets ten times as many wait, and refuses the rest', () => {
    const { sent, ask } = pod({ containerConcurrency: 2 })
    const all = Array.from({ length: 23 }, ask)
    expect(sent).to.have.length(2)
    expect(all.map(r => r.status).filter(status => status === 503)).to.have.length(1)
    sent[0]!.exchange.respond(200, '', [], Buffer.alloc(0))
    expect(sent).to.have.length(3)
  })
  it('counts the time that a request waits for the pod too', async () => {
    const { clock, ask } = pod({ containerConcurrency: 1 })
    ask()
    const second = ask()
    await clock.advance(5000)
    expect(second.status).to.equal(504)
  })
})
