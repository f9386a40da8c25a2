/** What plugins share: each token next to the interface that it stands for. */
import type { ApiConnection as Connection } from '../../client/connection.ts'
import { token } from '../token.ts'

export { PodHop, type PodTarget, RevisionHop, type RevisionTarget } from './data-plane.ts'

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
  /** slipway.yaml; may be absent. */
  configuration: string
}
export const Home = token<Home>('slipway.home')

/** What the API server presents to kubelets (logs, exec, attach, port-forward), and kubelets demand. Provided by plugins/apiserver. */
export interface KubeletAuth {
  /** Sent as `Authorization: Bearer`. */
  token: string
}
export const KubeletAuth = token<KubeletAuth>('kubelet.auth')

/** Turns image references into digests. Provided by plugins/base-images on a laptop, or by plugins/image-resolver. */
export interface ImageResolver {
  /** @returns `HOST/NAME@sha256:…`; rejects with a message that a user can act on */
  resolve(image: string): Promise<string>
}
export const ImageResolver = token<ImageResolver>('images.resolver')

/**
 * The images that build steps run in, by the short names that templates use: `slipway.dev/builder` is `images.builder`.
 * Provided by plugins/base-images on a laptop (made on this machine), by configuration elsewhere.
 */
export interface StepImages {
  images: Record<string, string>
}
export const StepImages = token<StepImages>('build.step-images')

/** How pods and this machine reach each other. Provided by plugins/node. */
export interface PodNetwork {
  /** The machine's address as pods see it; what serves pods listens on it beside loopback. 127.0.0.1 where pods share the machine's network. */
  hostAddress: string
  /** The pods' addresses, such as `10.201.7.0/24`; absent where pods share the machine's network. */
  cidr?: string
}
export const PodNetwork = token<PodNetwork>('pod.network')

/** What a person may open or connect to, by a short name (`gateway`, `registry`, `git`, `api`): plugins put theirs in, `slipway start` prints them. */
export type Addresses = Map<string, string>
export const Addresses = token<Addresses>('slipway.addresses')

/** Where the gateway takes requests. Provided by plugins/gateway in its own process, and by plugins/data-plane in the one that started it. */
export interface GatewayEndpoint {
  /** The port on this machine for everyone. */
  port: number
}
export const GatewayEndpoint = token<GatewayEndpoint>('gateway.endpoint')

/** What the data plane measured of a revision lately; canaries are judged by it. */
export interface RevisionFigures {
  requests: number
  /** Answers of 5xx, and requests that got none. */
  errors: number
}
/** Provided by whoever sees the requests; without it canaries go by readiness alone. */
export interface RevisionMetrics {
  /** @returns undefined where nothing is known of the revision */
  figures(namespace: string, revision: string, windowMs: number): Promise<RevisionFigures | undefined>
}
export const RevisionMetrics = token<RevisionMetrics>('revision.metrics')
