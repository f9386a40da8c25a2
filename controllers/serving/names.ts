/** Every derived name, host and URL of Serving, in one place. */
import type { KubeObject } from '@slipway/core/api'
import type { ServingConfig } from './config.ts'

export const deploymentName = (revision: string) => `${revision}-deployment`
export const privateServiceName = (revision: string) => `${revision}-private`

/** `hello-00003`: the third generation of a configuration. */
export const revisionName = (configuration: string, generation: number) =>
  `${configuration}-${String(generation).padStart(5, '0')}`
export const buildName = (configuration: string, generation: number) =>
  `${configuration}-build-${String(generation).padStart(5, '0')}`

type Named = Pick<KubeObject, 'metadata'>
const inside = ({ metadata: { name, namespace } }: Named) => `${name}.${namespace}`

/** `hello.demo.localhost` */
export const publicHost = (route: Named, { domain }: ServingConfig) => `${inside(route)}.${domain}`
/** `hello.demo.svc.cluster.local`, and the short forms by which pods of the cluster know it. */
export const localHosts = (route: Named, { clusterDomain }: ServingConfig) => [
  inside(route),
  `${inside(route)}.svc`,
  `${inside(route)}.svc.${clusterDomain}`,
]
/** A tag's hosts: Knative's `canary-hello.demo.localhost`, and `canary.hello.demo.localhost` as Knative wrote it until v0.6. */
export const tagHosts = (tag: string, host: string) => [`${tag}-${host}`, `${tag}.${host}`]

export function urlOf(host: string, { externalScheme, externalPort }: ServingConfig): string {
  const own = externalScheme === 'https' ? 443 : 80
  return `${externalScheme}://${host}${externalPort === own ? '' : `:${externalPort}`}`
}
export const localUrl = (route: Named, { clusterDomain }: ServingConfig) => `http://${inside(route)}.svc.${clusterDomain}`
