/** A Revision's spec: a PodSpec with Knative's fields. Source: knative.dev/serving pkg/apis/serving/v1/revision_types.go */
import type { PodSpec } from '../builtin.ts'
import { variantOf } from '../kubernetes/definitions.ts'
import { podSpec } from '../pod-schema.ts'
import { type Infer, s } from '../schema.ts'

const own = s.object({
  containerConcurrency: s.int().min(0).max(1000).optional().describe('Requests that one pod takes at once; 0 is no limit.'),
  timeoutSeconds: s.int().min(0).optional().describe('Longest time for one request.'),
  responseStartTimeoutSeconds: s.int().min(0).optional().describe('Longest time until the answer begins.'),
  idleTimeoutSeconds: s.int().min(0).optional().describe('Longest time without a byte.'),
})
export type RevisionSpec = PodSpec & Infer<typeof own>

const pod = podSpec().json
export const revisionSpec = s.of<RevisionSpec>(
  variantOf(pod, { ...pod, properties: { ...pod.properties, ...own.json.properties } }),
)

export const templateMeta = s.object({
  name: s.string().optional(),
  labels: s.record(s.string()).optional(),
  annotations: s.record(s.string()).optional(),
})
export const revisionTemplate = s.object({ metadata: templateMeta.optional(), spec: revisionSpec })
export type RevisionTemplate = Infer<typeof revisionTemplate>
