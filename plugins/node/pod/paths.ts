/** Where the things of a pod lie on disk. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { k8s } from '@slipway/core/api'

export const podDirOf = (podsDir: string, { metadata }: k8s.Pod): string => join(podsDir, metadata.uid!)
/** Of one run of a container; the same for the same run, so that it can never exist twice. */
export const containerId = (pod: k8s.Pod, name: string, attempt: number): string =>
  createHash('sha256').update(`${pod.metadata.uid}/${name}/${attempt}`).digest('hex').slice(0, 32)
export const bundleDir = (podDir: string, id: string): string => join(podDir, 'c', id)
export const logDir = (podDir: string, name: string): string => join(podDir, 'logs', name)
export const logPath = (podDir: string, name: string, attempt: number): string => join(logDir(podDir, name), `${attempt}.log`)
export const terminationLog = (podDir: string, name: string, attempt: number): string =>
  join(podDir, 'termination', `${name}-${attempt}`)
/** As `containerID` in a status. */
export const publicId = (runtime: string, id: string): string => `${runtime}://${id}`
