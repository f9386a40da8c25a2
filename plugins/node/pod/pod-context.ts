/** What the parts of the work on one pod share. */
import type { k8s } from '@slipway/core/api'
import type { Log } from '@slipway/core/observe'
import type { EventType, NodeServices } from './node-services.ts'
import type { PodInputs } from './pod-inputs.ts'
import type { PodRecord } from './pod-record.ts'

export interface PodContext {
  readonly services: NodeServices
  readonly record: PodRecord
  readonly podDir: string
  readonly log: Log
  event(type: EventType, reason: string, message: string): void
  save(): Promise<void>
  /** Saves without waiting; a failure is logged. */
  saveSoon(): void
  /** Lets something run by itself: nothing that goes wrong in it may end the process. */
  run(work: Promise<unknown>): void
  /** Asks soon what is to be done now. */
  look(): void
  /** The configMaps, secrets and tokens that the pod refers to. @param fresh asks the API even if they are known */
  inputs(fresh?: boolean): Promise<PodInputs>
  containerOf(name: string): k8s.Container
  /** The pod is deleted, or has ended. */
  isEnding(): boolean
}
