/** Columns of services, their endpoints and what leads to them. Source: pkg/printers/internalversion/printers.go */
import { age, type Loose, text, wide } from './column.ts'
import { cutOff, formatLabels, formatSelector, none, unset } from './format.ts'

interface IngressPoint {
  ip?: string
  hostname?: string
}
const loadBalancers = (points: IngressPoint[] | undefined) =>
  [...new Set((points ?? []).map(p => p.ip || p.hostname || '').filter(Boolean))].sort()

function externalIp({ spec, status }: Loose): string {
  const external: string[] = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || none
    case 'LoadBalancer':
      return [...loadBalancers(status?.loadBalancer?.ingress), ...external].join(',') || '<pending>'
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

const portText = ({ port, nodePort, protocol }: { port: number; nodePort?: number; protocol?: string }) =>
  nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`

export const serviceColumns = [
  text('Type', o => o.spec.type ?? '', '@core.v1.ServiceSpec/type'),
  text('Cluster-IP', o => o.spec.clusterIPs?.[0] ?? none, '@core.v1.ServiceSpec/clusterIP'),
  text('External-IP', externalIp, '@core.v1.ServiceSpec/externalIPs'),
  text('Port(s)', o => (o.spec.ports ?? []).map(portText).join(',') || none, '@core.v1.ServiceSpec/ports'),
  age,
  wide('Selector', o => formatLabels(o.spec.selector), '@core.v1.ServiceSpec/selector'),
]

interface Subset {
  addresses?: { ip: string }[]
  ports?: { port: number }[]
}
const hostPort = (ip: string, port: number) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)

function endpointsText(o: Loose): string {
  if (!o.subsets?.length) return none
  const all = (o.subsets as Subset[]).flatMap(({ addresses = [], ports = [] }) =>
    ports.length ? ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))) : addresses.map(({ ip }) => ip),
  )
  return cutOff(all, 3)
}
export const endpointsColumns = [text('Endpoints', endpointsText, '@core.v1.Endpoints/subsets'), age]

const sliceList = (items: string[]) => cutOff(items, 3) || unset
const slicePorts = (o: Loose) =>
  sliceList(
    (o.ports ?? []).map((p: { port?: number; name?: string }) => (p.port === undefined ? (p.name ?? '*') : String(p.port))),
  )
export const endpointSliceColumns = [
  text(
    'AddressType',
    o => o.addressType,
    'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name.',
  ),
  text(
    'Ports',
    slicePorts,
    'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. When ports is empty, it indicates that there are no defined ports. When a port is defined with a nil port value, it indicates "all ports". Each slice may include a maximum of 100 ports.',
  ),
  text(
    'Endpoints',
    o => sliceList((o.endpoints ?? []).flatMap((e: { addresses?: string[] }) => e.addresses ?? [])),
    '@discovery.v1.EndpointSlice/endpoints',
  ),
  age,
]

function ingressHosts(o: Loose): string {
  const rules: { host?: string }[] = o.spec.rules ?? []
  const hosts = rules.flatMap(r => (r.host ? [r.host] : [])).slice(0, 3)
  return hosts.length ? cutOff(hosts, 3, ',', rules.length) : '*'
}
export const ingressColumns = [
  text(
    'Class',
    o => o.spec.ingressClassName ?? none,
    'The name of the IngressClass resource that should be used for additional configuration',
  ),
  text('Hosts', ingressHosts, 'Hosts that incoming requests are matched against before the ingress rule'),
  text(
    'Address',
    o => loadBalancers(o.status?.loadBalancer?.ingress).join(','),
    'Address is a list containing ingress points for the load-balancer',
  ),
  text('Ports', o => (o.spec.tls?.length ? '80, 443' : '80'), 'Ports of TLS configurations that open'),
  age,
]

function classParameters({ spec }: Loose): string {
  const p = spec?.parameters
  return p ? `${p.kind}${p.apiGroup ? `.${p.apiGroup}` : ''}/${p.name}` : none
}
export const ingressClassColumns = [
  text('Controller', o => o.spec?.controller ?? '', 'Controller that is responsible for handling this class'),
  text('Parameters', classParameters, 'A reference to a resource with additional parameters'),
  age,
]

export const networkPolicyColumns = [
  text('Pod-Selector', o => formatSelector(o.spec?.podSelector), '@networking.v1.NetworkPolicySpec/podSelector'),
  age,
]
export const serviceCidrColumns = [text('CIDRs', o => (o.spec?.cidrs ?? []).join(',')), age]

function parentRef({ spec }: Loose): string {
  const ref = spec?.parentRef
  if (!ref) return none
  const resource = `${ref.resource}${ref.group ? `.${ref.group}` : ''}`.toLowerCase()
  return [resource, ...(ref.namespace ? [ref.namespace] : []), ref.name].join('/')
}
export const ipAddressColumns = [text('ParentRef', parentRef), age]
