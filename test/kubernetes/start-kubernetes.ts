/**
 * A real Kubernetes for tests, by one call. `control-plane` is etcd and kube-apiserver; `cluster` adds the controllers, the scheduler and one
 * node that runs pods. Everything lives in a temporary folder and on free ports; `stop` leaves nothing behind.
 */
import { readFile } from 'node:fs/promises'
import { openScope } from '../harness/scope.ts'
import { startCluster } from './cluster.ts'
import { startControlPlane } from './control-plane.ts'
import { findPrograms } from './programs.ts'
import { clusterFolderPrefix, removeLeftovers, startSandbox } from './sandbox.ts'
import { findSystemPrograms } from './system-programs.ts'
import { clusterPrograms, controlPlanePrograms, kubernetesVersion } from './versions.ts'

export interface KubernetesOptions {
  level?: 'control-plane' | 'cluster'
  /** etcd waits for the disk; for benches. Default false. */
  durable?: boolean
  onProgress?: (line: string) => void
}

export interface Kubernetes {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** How to reach the API server; has the form of `ApiConnection`. */
  readonly connection: { url: string; ca: string; clientCert: string; clientKey: string }
  readonly version: string
  /** Where the logs of its programs are, until it stops. */
  readonly folder: string
  /** Process ids by name, to measure memory and time. */
  readonly processes: { name: string; pid: number }[]
  /** In a cluster: the address by which the node and its Pods reach this machine, a registry for example. */
  readonly hostAddress?: string
  /** In a cluster: makes the images of a docker or OCI archive known to the node. */
  importImage?(archive: string): Promise<void>
  stop(): Promise<void>
}

/** @throws KubernetesUnavailable with a reason when it cannot be had on this machine */
export async function startKubernetes({
  level = 'control-plane',
  durable = false,
  onProgress,
}: KubernetesOptions = {}): Promise<Kubernetes> {
  const system = level === 'cluster' ? await findSystemPrograms() : undefined
  const programs = await findPrograms(level === 'cluster' ? clusterPrograms : controlPlanePrograms, {
    ...(onProgress && { onProgress }),
  })
  const scope = openScope()
  try {
    if (process.platform === 'linux') await removeLeftovers()
    const folder = await scope.folder(clusterFolderPrefix)
    const sandbox = system && (await startSandbox(folder, scope))
    const plane = await startControlPlane({
      programs,
      folder,
      scope,
      durable,
      ...(sandbox && { address: sandbox.address, enter: sandbox.enter }),
    })
    const cluster = system && sandbox && (await startCluster({ programs, system, folder, sandbox, plane }))
    const [clientCert, clientKey] = await Promise.all([readFile(plane.admin.cert, 'utf8'), readFile(plane.admin.key, 'utf8')])
    return {
      kubeconfig: plane.kubeconfig,
      connection: { url: plane.url, ca: plane.authority.ca, clientCert, clientKey },
      version: kubernetesVersion,
      folder,
      processes: [...plane.processes, ...(cluster?.processes ?? [])].map(({ name, pid }) => ({ name, pid })),
      ...(sandbox && { hostAddress: sandbox.hostAddress }),
      ...(cluster && { importImage: cluster.importImage }),
      stop: () => scope.close(),
    }
  } catch (error) {
    await scope.close()
    throw error
  }
}
