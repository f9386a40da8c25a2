/** The registry that builds push to and nodes pull from: OCI distribution v1.1 on this machine's disk. */
import { parseDuration, s } from '@slipway/core/api'
import { systemClock } from '@slipway/core/observe'
import { Addresses, definePlugin, PodNetwork, RegistryEndpoint } from '@slipway/core/plugin'
import { listenAddresses } from '@slipway/core/process'
import { collectRegularly } from './collect-regularly.ts'
import { registryApp } from './http/app.ts'
import { openStore } from './store/open-store.ts'

export default definePlugin({
  name: 'registry',
  config: s.object({
    port: s.port().default(5000).describe('Port on every address; 0 takes a free one.'),
    host: s.string().default('registry.localhost').describe('Name in image references, the same on the host and in pods.'),
    addresses: s
      .array(s.string())
      .default([])
      .describe(
        'Addresses to listen on besides 127.0.0.1, such as that of the pods’ bridge; one that does not exist yet is waited for.',
      ),
    gcInterval: s.duration().default('1h').describe('How often content that nothing refers to is removed; 0 for never.'),
    gcGrace: s.duration().default('1h').describe('Content pushed or looked at within this time stays.'),
    untaggedAfter: s
      .duration()
      .default('0')
      .describe('Untagged manifests older than this are removed; 0 keeps them, as releases run by digest.'),
    uploadTimeout: s.duration().default('24h').describe('Uploads that nobody went on with for this long are removed.'),
  }),
  optional: { pods: PodNetwork, shown: Addresses },
  provides: { registry: RegistryEndpoint },
  async start({ config, pods, shown, log, dataDir, onStop }) {
    const store = await openStore(dataDir)
    const server = await listenAddresses(registryApp({ store, log }), {
      plugin: 'registry',
      port: config.port,
      addresses: [...new Set(['127.0.0.1', ...(pods ? [pods.hostAddress] : []), ...config.addresses])],
      // Uploads of large layers over slow links take as long as they take; an idle client is cut off by the socket's timeout.
      server: { requestTimeout: 0, keepAliveTimeout: 30_000 },
      idleMs: 120_000,
      graceMs: 2000,
      clock: systemClock,
      log,
    })
    onStop(() => server.close())
    shown?.set('registry', `http://localhost:${server.port}`)
    const untaggedMs = parseDuration(config.untaggedAfter)
    onStop(
      collectRegularly(store.garbage, parseDuration(config.gcInterval), systemClock, log, {
        graceMs: parseDuration(config.gcGrace),
        uploadMs: parseDuration(config.uploadTimeout),
        ...(untaggedMs > 0 && { untaggedMs }),
      }),
    )
    return { registry: { host: `${config.host}:${server.port}`, insecure: true, port: server.port } }
  },
})
