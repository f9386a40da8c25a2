/** What plugins share: each token next to the interface that it stands for. */
import type { ApiConnection as Connection } from '../../client/connection.ts'
import { token } from '../token.ts'

/** How to reach an API server. Provided by plugins/apiserver, or by a kubeconfig on a real cluster. */
export type ApiConnection = Connection
export const ApiConnection = token<ApiConnection>('api.connection')

/** Where Redis answers. Provided by plugins/redis. */
export interface RedisConnection {
  /** A unix socket's path, or absent. */
  path?: string
  /** `redis://` or `rediss://`, or absent. */
  url?: string
}
export const RedisConnection = token<RedisConnection>('redis.connection')

/** The registry that builds push to and nodes pull from. Provided by plugins/registry, or by configuration. */
export interface RegistryEndpoint {
  /** As in image names, the same on the host and in pods: `registry.localhost:5000`. */
  host: string
  /** Plain HTTP instead of TLS. */
  insecure: boolean
  /** The port on this machine. */
  port: number
}
export const RegistryEndpoint = token<RegistryEndpoint>('registry.endpoint')

/** The git server's base, the same on the host and in pods: `http://git.localhost:3000`. Provided by plugins/git-server. */
export interface GitEndpoint {
  url: string
  port: number
}
export const GitEndpoint = token<GitEndpoint>('git.endpoint')

/** Where the autoscaler takes in what the data plane measured. Provided by plugins/autoscaler. */
export interface StatsEndpoint {
  /** POST of JSON `Stat[]` (core/http/stats.ts). */
  url: string
}
export const StatsEndpoint = token<StatsEndpoint>('autoscaler.stats')

/** A folder of this machine's slipway home that several plugins may use, such as unpacked image layers: `~/.slipway`. */
export interface Home {
  dir: string
  /** Written by the apiserver plugin. */
  kubeconfig: string
}
export const Home = token<Home>('slipway.home')
