import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@slipway/core/observe'
import { expect } from 'chai'
import { bridgeMac, bridgeName, bridgeNetwork } from './bridge-network.ts'
import type { PodNetwork } from './pod-network.ts'

describe('bridge network', () => {
  let dataDir = ''
  let network: PodNetwork | undefined
  const instance = randomBytes(3).toString('hex')

  before(async function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: network namespaces need root')
      return this.skip()
    }
    dataDir = await mkdtemp(join(tmpdir(), 'slipway-network-'))
    network = await bridgeNetwork({ instance, dataDir, egress: false, ahead: 0, log: silentLog })
  })
  after(async () => {
    await network?.destroy()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('keeps its address as pods come and go, so that those that stay still reach the host', async () => {
    const mac = () => readFile(`/sys/class/net/${bridgeName(instance)}/address`, 'utf8')
    const leases = [await network!.acquire(), await network!.acquire(), await network!.acquire()]
    const seen = [await mac()]
    for (const lease of leases) {
      await network!.release(lease)
      seen.push(await mac())
    }
    expect(new Set(seen.map(m => m.trim()))).to.deep.equal(new Set([bridgeMac(instance)]))
  })
})
