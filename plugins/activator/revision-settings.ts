/** What the data plane needs to know of a Revision. */
import type { k8s } from '@slipway/core/api'
import type { Revision } from '@slipway/core/api/serving'
import type { Endpoint, Timeouts } from '@slipway/core/http'

/** How a pod is asked whether it answers. `api`: only the kubelet can tell (exec, gRPC). */
export type PodProbe =
  | { how: 'tcp'; port: number }
  | { how: 'http'; port: number; path: string; headers: { name: string; value: string }[] }
  | { how: 'api' }

export interface RevisionSettings {
  readonly containerConcurrency: number
  readonly timeouts: Timeouts
  readonly protocol: Endpoint['protocol']
  readonly port: number
  readonly probe: PodProbe
}

const defaultPort = 8080
const defaultTimeoutSeconds = 300

export const defaultSettings: RevisionSettings = {
  containerConcurrency: 0,
  timeouts: { totalSeconds: defaultTimeoutSeconds, responseStartSeconds: 0, idleSeconds: 0 },
  protocol: 'http1',
  port: defaultPort,
  probe: { how: 'tcp', port: defaultPort },
}

/** The port as a number; names are looked up among the container's. */
function portNumber(given: number | string | undefined, container: k8s.Container, fallback: number): number {
  if (given === undefined || given === 0) return fallback
  const number = Number(given)
  return Number.isInteger(number) ? number : (container.ports?.find(p => p.name === given)?.containerPort ?? fallback)
}

function probeOf(container: k8s.Container, port: number): PodProbe {
  const { httpGet, tcpSocket, exec, grpc } = container.readinessProbe ?? {}
  if (httpGet && httpGet.scheme !== 'HTTPS')
    return {
      how: 'http',
      port: portNumber(httpGet.port as number | string, container, port),
      path: httpGet.path || '/',
      headers: (httpGet.httpHeaders ?? []).map(({ name, value }) => ({ name, value })),
    }
  if (exec || grpc) return { how: 'api' }
  return { how: 'tcp', port: portNumber((tcpSocket ?? httpGet)?.port as number | string | undefined, container, port) }
}

export function revisionSettings({ spec }: Revision): RevisionSettings {
  const containers = spec.containers ?? []
  const serving = containers.length === 1 ? containers[0] : containers.find(c => c.ports?.length)
  if (!serving) return defaultSettings
  const first = serving.ports?.[0]
  const port = first?.containerPort ?? defaultPort
  return {
    containerConcurrency: spec.containerConcurrency ?? 0,
    timeouts: {
      totalSeconds: spec.timeoutSeconds ?? defaultTimeoutSeconds,
      responseStartSeconds: spec.responseStartTimeoutSeconds ?? 0,
      idleSeconds: spec.idleTimeoutSeconds ?? 0,
    },
    protocol: first?.name === 'h2c' ? 'h2c' : 'http1',
    port,
    probe: probeOf(serving, port),
  }
}

/** What a Pod says of itself. */
export interface PodView {
  readonly name: string
  readonly ip: string
  /** The kubelet says that it takes requests. */
  readonly ready: boolean
}
/** Undefined for a pod that takes no (further) requests: without an address, ended, or told to end. */
export function podView({ metadata, status }: k8s.Pod): PodView | undefined {
  if (!status?.podIP || metadata.deletionTimestamp || status.phase === 'Succeeded' || status.phase === 'Failed') return undefined
  return {
    name: metadata.name,
    ip: status.podIP,
    ready: status.conditions?.some(c => c.type === 'Ready' && c.status === 'True') ?? false,
  }
}
