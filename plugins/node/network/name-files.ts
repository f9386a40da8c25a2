/** The contents of a pod's /etc/hosts and /etc/resolv.conf. Pure. Source: kubelet's kubelet_pods.go and network/dns */

export interface HostAlias {
  ip: string
  hostnames?: string[]
}

/** @param extra names that mean this machine, such as `registry.localhost` */
export function hostsFile(options: {
  ip: string
  hostname: string
  aliases?: HostAlias[]
  hostAddress: string
  extra: string[]
}): string {
  const { ip, hostname, aliases = [], hostAddress, extra } = options
  const lines = [
    '# made by slipway for this pod',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...(extra.length ? [`${hostAddress}\t${extra.join(' ')}`] : []),
    `${ip}\t${hostname}`,
    ...aliases.map(a => `${a.ip}\t${(a.hostnames ?? []).join('\t')}`),
  ]
  return `${lines.join('\n')}\n`
}

export interface DnsConfig {
  nameservers?: string[]
  searches?: string[]
  options?: { name?: string; value?: string }[]
}

const isLoopback = (server: string) => server.startsWith('127.') || server === '::1'

/**
 * @param host the machine's own resolv.conf; its loopback servers (a local stub) mean nothing inside a pod
 */
export function resolvConf(host: string, policy: string | undefined, config: DnsConfig = {}): string {
  const of = (keyword: string) =>
    host
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .filter(([first]) => first === keyword)
      .map(([, ...rest]) => rest)
  const none = policy === 'None'
  const servers = [
    ...(none
      ? []
      : of('nameserver')
          .flat()
          .filter(s => !isLoopback(s))),
    ...(config.nameservers ?? []),
  ]
  const searches = [...(none ? [] : (of('search').at(-1) ?? [])), ...(config.searches ?? [])]
  const options = [
    ...(none ? [] : of('options').flat()),
    ...(config.options ?? []).map(o => (o.value === undefined ? o.name! : `${o.name}:${o.value}`)),
  ]
  const lines = [
    ...[...new Set(servers)].slice(0, 3).map(s => `nameserver ${s}`),
    ...(searches.length ? [`search ${[...new Set(searches)].join(' ')}`] : []),
    ...(options.length ? [`options ${[...new Set(options)].join(' ')}`] : []),
  ]
  return `${lines.join('\n')}\n`
}
