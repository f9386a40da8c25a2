/** What can be set of a node, and its defaults. */
import type { Api } from '@slipway/core/client'
import type { Clock, Log } from '@slipway/core/observe'

export interface NodeSettings {
  /** The Node's name; default this machine's host name. */
  name?: string
  /** Bind pods that nobody has bound, where this is the only node. */
  schedule: boolean
  /** Where the kubelet endpoint listens, and the Node's InternalIP. */
  address: string
  /** Of the kubelet endpoint; 0 is a free one. */
  port: number
  /** The pods' network; default a free one of 10.201.0.0/16. */
  cidr?: string
  /** Pods reach outside, by masquerading. */
  egress: boolean
  /** Share the machine's network even where namespaces can be made. */
  hostNetwork: boolean
  /** Names that mean this machine in pods. */
  hosts: string[]
  allowHostPath: boolean
  maxPods: number
  /** Processes and threads of one container. */
  pidsLimit: number
  /** Network namespaces made ahead. */
  namespacesAhead: number
  /** Images unused for so many hours go. */
  imageMaxUnusedHours: number
  /** Let containers run on when the node is stopped in order; after a crash they do in any case. */
  keepOnStop: boolean
  /** How long containers may take to end when the node stops. */
  stopGraceSeconds: number
  /** Runtimes to try, in this order. */
  runtimes: string[]
}

export const defaultSettings: NodeSettings = {
  schedule: false,
  address: '127.0.0.1',
  port: 0,
  egress: true,
  hostNetwork: false,
  hosts: ['registry.localhost', 'git.localhost'],
  allowHostPath: false,
  maxPods: 110,
  pidsLimit: 4096,
  namespacesAhead: 3,
  imageMaxUnusedHours: 336,
  keepOnStop: false,
  stopGraceSeconds: 2,
  runtimes: ['runc', 'crun'],
}

export interface NodeOptions {
  api: Api
  log: Log
  clock?: Clock
  /** Everything of the node lies below it. */
  dataDir: string
  settings?: Partial<NodeSettings>
  /** What callers of the kubelet endpoint must present; without one it answers nobody. */
  kubeletToken?: string
  /** What `kubectl get nodes` shows as VERSION. */
  version?: string
}
