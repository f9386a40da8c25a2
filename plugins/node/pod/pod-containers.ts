/** The containers of a pod in one list, with what each is to the pod. Pure. */
import type { k8s } from '@slipway/core/api'

/** A sidecar is an init container with `restartPolicy: Always` (KEP-753). */
export type ContainerKind = 'init' | 'sidecar' | 'main'
export interface PodContainer {
  kind: ContainerKind
  spec: k8s.Container
}

/** In the order in which they start. */
export const containersOf = (spec: k8s.PodSpec): PodContainer[] => [
  ...(spec.initContainers ?? []).map((c): PodContainer => ({ kind: c.restartPolicy === 'Always' ? 'sidecar' : 'init', spec: c })),
  ...spec.containers.map((c): PodContainer => ({ kind: 'main', spec: c })),
]

/** Is a container that ended with this code to be started again? */
export function restarts(policy: string | undefined, kind: ContainerKind, exitCode: number): boolean {
  if (kind === 'sidecar') return true
  if (kind === 'init') return exitCode !== 0 && policy !== 'Never'
  return policy === 'Never' ? false : policy === 'OnFailure' ? exitCode !== 0 : true
}

export const graceOf = (pod: k8s.Pod): number => pod.spec.terminationGracePeriodSeconds ?? 30
