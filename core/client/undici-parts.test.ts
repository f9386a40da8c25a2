import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import * as undici from 'undici'
import { Agent, request } from './undici-parts.ts'

describe('parts of undici', () => {
  it('are those of its index', () => expect(Agent).to.equal(undici.Agent))
  it('send a request', async () => {
    const server = createServer((req, res) => res.end(`${req.method} ${req.url}`))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const agent = new Agent()
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      for (const path of ['/a?b=c', ''])
        expect(await (await request(url + path, { method: 'GET', dispatcher: agent })).body.text()).to.equal(`GET ${path || '/'}`)
    } finally {
      await agent.close()
      server.close()
    }
  })
})
