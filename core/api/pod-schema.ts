/** Kubernetes' own schemas with their types, for kinds that contain them. */
import type { Container, EnvVar, PodSpec, Volume } from './builtin.ts'
import { definition } from './kubernetes/definitions.ts'
import { s } from './schema.ts'

export const container = () => s.of<Container>(definition('io.k8s.api.core.v1.Container'))
export const envVar = () => s.of<EnvVar>(definition('io.k8s.api.core.v1.EnvVar'))
export const volume = () => s.of<Volume>(definition('io.k8s.api.core.v1.Volume'))
export const podSpec = () => s.of<PodSpec>(definition('io.k8s.api.core.v1.PodSpec'))
