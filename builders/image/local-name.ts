/**
 * Names that mean this machine (RFC 6761, section 6.3). `registry.localhost` is the same name on the host and in pods: a pod's
 * /etc/hosts maps it to the node's address, elsewhere it is loopback. No DNS server is asked, as many answer wrongly or late.
 */
import { readFile } from 'node:fs/promises'
import { isIP, type LookupFunction } from 'node:net'

/** A host without its port; brackets of an IPv6 address are taken off. */
export const hostnameOf = (host: string): string => /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '')

export const isLocalName = (host: string): boolean => {
  const name = hostnameOf(host).toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/** The first address that a hosts file (hosts(5)) gives a name. */
export function addressInHosts(text: string, name: string): string | undefined {
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (address && isIP(address) && names.some(n => n.toLowerCase() === name.toLowerCase())) return address
  }
  return undefined
}

/** A `lookup` for sockets to `*.localhost`. */
export const lookupLocalName: LookupFunction = (name, options, callback) => {
  readFile('/etc/hosts', 'utf8')
    .catch(() => '')
    .then(text => {
      const address = addressInHosts(text, name) ?? '127.0.0.1'
      const family = isIP(address)
      if (options.all) callback(null, [{ address, family }])
      else callback(null, address, family)
    })
}
