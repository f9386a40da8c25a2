import { type AddressInfo, createServer } from 'node:net'
import { removeFolder, temporaryFolder } from '@slipway/builders/testing'
import { silentLog } from '@slipway/core/observe'
import { PodNetwork, RegistryEndpoint, startHost } from '@slipway/core/plugin'
import { expect } from 'chai'
import registry from './plugin.ts'

describe('registry plugin', () => {
  let dataDir: string
  before(async () => {
    dataDir = await temporaryFolder('registry-plugin')
  })
  after(() => removeFolder(dataDir))
  const start = (config: Record<string, unknown>, hostAddress = '127.0.0.2') =>
    startHost({
      plugins: [registry],
      config: { registry: config },
      values: [[PodNetwork, { hostAddress }]],
      dataDir,
      log: silentLog,
    })

  it('answers on loopback and where pods reach this machine, until it is stopped', async () => {
    const host = await start({ port: 0 })
    const { host: name, port, insecure } = host.get(RegistryEndpoint)
    expect([name, insecure]).to.deep.equal([`registry.localhost:${port}`, true])
    for (const address of ['127.0.0.1', '127.0.0.2']) expect((await fetch(`http://${address}:${port}/v2/`)).status).to.equal(200)
    await host.stop()
    expect(await fetch(`http://127.0.0.1:${port}/v2/`).catch(e => e)).to.be.instanceOf(TypeError)
  })

  it('starts although the address of pods is not there yet', async () => {
    const host = await start({ port: 0 }, '192.0.2.1')
    expect(host.get(RegistryEndpoint).port).to.be.greaterThan(0)
    await host.stop()
  })

  it('says what to do when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const error = await start({ port }).catch(e => e)
    other.close()
    expect(error.message).to.match(
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken by another program; .*plugins\\.registry\\.port`),
    )
  })
})
