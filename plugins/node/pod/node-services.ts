/** What the work on a pod needs of its node; handed to every pod's worker. */
import type { k8s } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'
import type { Clock, Log } from '@slipway/core/observe'
import type { ImagePuller } from '../image/image-puller.ts'
import type { ImageStore } from '../image/image-store.ts'
import type { PodNetwork } from '../network/pod-network.ts'
import type { ContainerRuntime } from '../runtime/container-runtime.ts'
import type { PodVolumes } from '../volume/pod-volumes.ts'

export type EventType = 'Normal' | 'Warning'

export interface NodeServices {
  api: Api
  log: Log
  clock: Clock
  runtime: ContainerRuntime
  network: PodNetwork
  images: ImageStore
  puller: ImagePuller
  volumes: PodVolumes
  /** Records an Event on a pod; never throws, never waits. */
  event(pod: k8s.Pod, type: EventType, reason: string, message: string): void
  nodeName: string
  hostIP: string
  /** One folder a pod below it, named by uid. */
  podsDir: string
  /** Names that mean this machine in pods. */
  hosts: string[]
  /** This machine's resolv.conf. */
  resolvConf: string
  pidsLimit: number
  machine: { cpu: number; memory: number; capabilities: ReadonlySet<string> }
}
