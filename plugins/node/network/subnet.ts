/** IPv4 arithmetic for choosing a network of our own. Pure. */

export interface Subnet {
  /** The first address as a number. */
  base: number
  prefix: number
}

export const toNumber = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
export const toAddress = (n: number): string => [24, 16, 8, 0].map(shift => Math.floor(n / 2 ** shift) % 256).join('.')

/** @throws RangeError when it is not a network in CIDR notation */
export function parseSubnet(cidr: string): Subnet {
  const parts = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr)
  const prefix = Number(parts?.[2])
  if (!parts || prefix > 32 || parts[1]!.split('.').some(p => Number(p) > 255))
    throw new RangeError(`not a network: ${JSON.stringify(cidr)}; write it as 10.201.0.0/24`)
  const size = 2 ** (32 - prefix)
  return { base: Math.floor(toNumber(parts[1]!) / size) * size, prefix }
}
export const sizeOf = ({ prefix }: Subnet): number => 2 ** (32 - prefix)
export const cidrOf = ({ base, prefix }: Subnet): string => `${toAddress(base)}/${prefix}`
export const overlaps = (a: Subnet, b: Subnet): boolean => a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a)

/** The first /24 of 10.201.0.0/16 that meets none in use; `seed` (0 to 255) spreads the instances of one machine. */
export function freeSubnet(used: Subnet[], seed: number): Subnet | undefined {
  for (let i = 0; i < 256; i++) {
    const candidate = { base: toNumber(`10.201.${(seed + i) % 256}.0`), prefix: 24 }
    if (!used.some(other => overlaps(candidate, other))) return candidate
  }
  return undefined
}

/**
 * The next free host number, going round so that an address is not used again at once.
 * @param last the one given last
 */
export function nextHost(subnet: Subnet, taken: ReadonlySet<number>, last: number): number | undefined {
  // 0 is the network, 1 the bridge, the highest the broadcast address.
  const count = sizeOf(subnet) - 3
  for (let i = 0; i < count; i++) {
    const host = 2 + ((last - 1 + i) % count)
    if (!taken.has(host)) return host
  }
  return undefined
}
