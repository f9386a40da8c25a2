/** A registry of a test's own, in a temporary folder on a free port. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistryClient, type RegistryClient } from '@slipway/builders/image'
import { silentLog, systemClock } from '@slipway/core/observe'
import { listenAddresses } from '@slipway/core/process'
import { registryApp } from '../http/app.ts'
import type { Guard } from '../http/route.ts'
import { openStore, type RegistryStore } from '../store/open-store.ts'

export interface TestRegistry {
  host: string
  url: string
  root: string
  store: RegistryStore
  client: RegistryClient
  stop(): Promise<void>
}

export async function startRegistry(options: { root?: string; guard?: Guard; now?: () => number } = {}): Promise<TestRegistry> {
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'registry-')))
  const store = await openStore(root, options.now)
  const app = registryApp({ store, log: silentLog, guard: options.guard })
  const server = await listenAddresses(app, {
    plugin: 'registry',
    port: 0,
    addresses: ['127.0.0.1'],
    clock: systemClock,
    log: silentLog,
  })
  const client = createRegistryClient({ credentials: async () => undefined })
  return {
    host: `registry.localhost:${server.port}`,
    url: `http://127.0.0.1:${server.port}`,
    root,
    store,
    client,
    async stop() {
      client.close()
      await server.close()
      if (!options.root) await rm(root, { recursive: true, force: true })
    },
  }
}
