/** From a pod's subresource to the kubelet's own path. Source: k8s.io/kubernetes pkg/registry/core/pod/strategy.go LogLocation, streamLocation */
import { badRequest, type FieldError, invalid, invalidObject, type KubeObject } from '@slipway/core/api'

interface Pod extends KubeObject {
  spec: {
    nodeName?: string
    containers: { name: string }[]
    initContainers?: { name: string }[]
    ephemeralContainers?: { name: string }[]
  }
}

export interface KubeletTarget {
  node: string
  path: string
}

const annotation = 'kubectl.kubernetes.io/default-container'

/** @throws StatusError 400 when the container is not named and there are several, or there is none of that name */
function containerOf(pod: Pod, wanted: string | null): string {
  const names = pod.spec.containers.map(({ name }) => name)
  const others = [...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].map(({ name }) => name)
  const { name } = pod.metadata
  if (wanted) {
    if (names.includes(wanted) || others.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${name}`)
  }
  const [only] = names
  if (names.length === 1) return only!
  const byDefault = pod.metadata.annotations?.[annotation]
  if (byDefault && names.includes(byDefault)) return byDefault
  const init = pod.spec.initContainers?.length
    ? ` or one of the init containers: [${pod.spec.initContainers.map(c => c.name).join(' ')}]`
    : ''
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${init}`)
}

const logOptions = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes', 'stream']
/** kubectl's names and the kubelet's. */
const streams = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }

const withQuery = (path: string, query: URLSearchParams) => (query.size ? `${path}?${query}` : path)

/**
 * @returns undefined for the log of a pod that is on no node yet: there is none
 * @throws StatusError 400, 422
 */
export function kubeletTarget(pod: KubeObject, subresource: string, query: URLSearchParams): KubeletTarget | undefined {
  const { metadata, spec } = pod as Pod
  const where = `${encodeURIComponent(metadata.namespace ?? '')}/${encodeURIComponent(metadata.name)}`
  if (subresource === 'portforward')
    return { node: nodeOf(spec.nodeName, metadata.name), path: withQuery(`/portForward/${where}`, query) }
  if (subresource === 'log') checkLogOptions(query, metadata.name)
  const container = encodeURIComponent(containerOf(pod as Pod, query.get('container')))
  if (subresource === 'log' && !spec.nodeName) return undefined
  const node = nodeOf(spec.nodeName, metadata.name)
  const given = new URLSearchParams()
  if (subresource === 'log') {
    for (const name of logOptions) if (query.has(name)) given.set(name, query.get(name)!)
    return { node, path: withQuery(`/containerLogs/${where}/${container}`, given) }
  }
  for (const [name, kubelets] of Object.entries(streams))
    if (query.get(name) === 'true' || query.get(name) === '1') given.set(kubelets, '1')
  for (const command of query.getAll('command')) given.append('command', command)
  return { node, path: withQuery(`/${subresource}/${where}/${container}`, given) }
}

function nodeOf(nodeName: string | undefined, pod: string): string {
  if (nodeName) return nodeName
  throw badRequest(`pod ${pod} does not have a host assigned`)
}

const lowest: Record<string, number> = { tailLines: 0, limitBytes: 1, sinceSeconds: 1 }

/** Source: pkg/apis/core/validation ValidatePodLogOptions. @throws StatusError 400, 422 */
function checkLogOptions(query: URLSearchParams, pod: string): void {
  const errors: FieldError[] = []
  for (const [name, least] of Object.entries(lowest)) {
    const value = query.get(name)
    if (value === null) continue
    if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
    if (Number(value) < least)
      errors.push(invalid(name, Number(value), least ? 'must be greater than 0' : 'must be greater than or equal to 0'))
  }
  if (errors.length) throw invalidObject('PodLogOptions', '', pod, errors)
}
