/** Pods as real containers: kubelet's part. See README.md. */
import { s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import { ApiConnection, definePlugin, KubeletAuth, PodNetwork } from '@slipway/core/plugin'
import { cleanUp } from './clean-up.ts'
import { startNode } from './node.ts'
import { defaultSettings as d } from './node-options.ts'

const config = s.object({
  name: s.string().optional().describe("The Node's name; default this machine's host name."),
  schedule: s.boolean().default(true).describe('Bind pods that nobody has bound. False beside a real scheduler.'),
  address: s.string().default(d.address).describe("Where the kubelet endpoint listens, and the Node's InternalIP."),
  port: s.port().default(d.port).describe('Of the kubelet endpoint; 0 is a free one.'),
  cidr: s.string().optional().describe("The pods' network; default a free one of 10.201.0.0/16."),
  egress: s.boolean().default(d.egress).describe('Pods reach outside, by masquerading with nft or iptables.'),
  hostNetwork: s.boolean().default(d.hostNetwork).describe("Share the machine's network even where namespaces can be made."),
  hosts: s.array(s.string()).default(d.hosts).describe('Names that mean this machine in pods.'),
  allowHostPath: s.boolean().default(d.allowHostPath).describe('Allow hostPath volumes.'),
  maxPods: s.int().min(1).default(d.maxPods),
  pidsLimit: s.int().min(1).default(d.pidsLimit).describe('Processes and threads of one container.'),
  namespacesAhead: s.int().min(0).default(d.namespacesAhead).describe('Network namespaces made ahead.'),
  imageMaxUnusedHours: s.int().min(1).default(d.imageMaxUnusedHours).describe('Images unused for so many hours go.'),
  keepOnStop: s
    .boolean()
    .default(d.keepOnStop)
    .describe('Let containers run on when Slipway is stopped in order; after a crash they do in any case.'),
  stopGraceSeconds: s
    .int()
    .min(0)
    .default(d.stopGraceSeconds)
    .describe('How long containers may take to end when Slipway stops.'),
  runtimes: s.array(s.string()).default(d.runtimes).describe('OCI runtimes to try, in this order.'),
})

export default definePlugin({
  name: 'node',
  config,
  requires: { connection: ApiConnection },
  optional: { kubeletAuth: KubeletAuth },
  provides: { podNetwork: PodNetwork },
  clean: ({ dataDir }) => cleanUp(dataDir),
  async start({ config: settings, connection, kubeletAuth, dataDir, log, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-node' })
    onStop(() => api.close())
    const node = await startNode({ api, log, dataDir, settings, ...(kubeletAuth && { kubeletToken: kubeletAuth.token }) })
    onStop(() => node.stop())
    return { podNetwork: { hostAddress: node.network.hostAddress, ...(node.network.cidr && { cidr: node.network.cidr }) } }
  },
})
