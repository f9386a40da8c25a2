import type { Stat } from '@slipway/core/http'
import { expect } from 'chai'
import { parseStats, type StatsServer, statsServer } from './stats-server.ts'

const stat: Stat = {
  revision: 'demo/a',
  reporter: 'p',
  time: 1,
  averageConcurrency: 1,
  requestCount: 2,
  errorCount: 0,
  averageProxiedConcurrency: 0,
  proxiedRequestCount: 0,
}

describe('stats endpoint', () => {
  let server: StatsServer
  const taken: Stat[][] = []
  beforeEach(async () => {
    taken.length = 0
    server = await statsServer('127.0.0.1', 0, stats => void taken.push(stats))
  })
  afterEach(() => server.close())
  const post = (body: string, method = 'POST') => fetch(server.url, { method, ...(method === 'POST' && { body }) })

  it('takes an array of stats, an empty one too', async () => {
    for (const stats of [[stat], []]) expect((await post(JSON.stringify(stats))).status).to.equal(202)
    expect(taken).to.deep.equal([[stat], []])
  })
  it('refuses what is too large', async () => expect((await post('x'.repeat(5_000_000))).status).to.equal(413))
  it('takes nothing but POST', async () => expect((await post('', 'GET')).status).to.equal(405))

  for (const [what, body, message] of [
    ['text', 'hello', /not JSON/],
    ['an object', '{}', /not an array/],
    ['a stat without a revision', JSON.stringify([{ ...stat, revision: 1 }]), /\[0\]: revision/],
    ['a negative figure', JSON.stringify([stat, { ...stat, requestCount: -1 }]), /\[1\]\.requestCount/],
    ['null', '[null]', /\[0\]/],
  ] as const)
    it(`says what is wrong with ${what}`, () => expect(parseStats(body)).to.match(message))
})
