/** Kubernetes' own schemas with their types, for kinds that contain them. */
import type { Container, EnvVar, PodSpec, Volume } from './builtin.ts'
import { definition, variantOf } from './kubernetes/definitions.ts'
import { s } from './schema.ts'

/** A container whose name may be left out: Knative gives it one. */
const named = definition('io.k8s.api.core.v1.Container')
const { required: _, ...rest } = named
const unnamed = variantOf(named, rest)
export const container = () => s.of<Container>(unnamed)

/** A pod as Knative takes it: its list of containers is one value (names may be missing, so they are no keys), as in Knative's own CRDs. */
const pod = definition('io.k8s.api.core.v1.PodSpec')
const knativePod = variantOf(pod, {
  ...pod,
  properties: { ...pod.properties, containers: { type: 'array', items: unnamed, 'x-kubernetes-list-type': 'atomic' } },
})
export const envVar = () => s.of<EnvVar>(definition('io.k8s.api.core.v1.EnvVar'))
export const volume = () => s.of<Volume>(definition('io.k8s.api.core.v1.Volume'))
export const podSpec = () => s.of<PodSpec>(knativePod)
