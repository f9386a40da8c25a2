/** Defaults of a revision's spec. Source: knative.dev/serving pkg/apis/serving/v1/revision_defaults.go, config-defaults */
import type { Container, Probe } from '../builtin.ts'
import type { RevisionSpec } from './revision-spec.ts'

const defaultTimeoutSeconds = 300
export const defaultPort = 8080
const userContainer = 'user-container'

const tcpOrSo = (probe: Probe): Probe => {
  const kinds = ['httpGet', 'exec', 'grpc', 'tcpSocket'] as const
  return kinds.some(kind => probe[kind]) ? probe : { ...probe, tcpSocket: { port: 0 } }
}

/** The container that answers requests: the one with ports, or the only one. */
export const servingContainer = (spec: Pick<RevisionSpec, 'containers'>): Container | undefined =>
  spec.containers?.length === 1 ? spec.containers[0] : spec.containers?.find(container => container.ports?.length)

export function revisionDefaults(spec: RevisionSpec): void {
  spec.containerConcurrency ??= 0
  spec.timeoutSeconds ??= defaultTimeoutSeconds
  spec.enableServiceLinks ??= false
  const serving = servingContainer(spec)
  for (const [i, container] of (spec.containers ?? []).entries()) {
    container.name ||= spec.containers.length === 1 ? userContainer : `${userContainer}-${i}`
    container.resources ??= {}
    for (const port of container.ports ?? []) {
      port.protocol ??= 'TCP'
      port.name ??= port.name === undefined && container === serving ? '' : port.name
      if (port.name === '') delete port.name
    }
  }
  if (!serving) return
  const ready = tcpOrSo(serving.readinessProbe ?? {})
  ready.successThreshold ??= 1
  serving.readinessProbe = ready
}
