/** The way out of the pods' network: forwarding and masquerading, by nftables or, where only that exists, iptables. */
import { readFile, writeFile } from 'node:fs/promises'
import { runCommand } from '../runtime/run-command.ts'

const forwarding = '/proc/sys/net/ipv4/ip_forward'

export interface Egress {
  /** The tool in use, or undefined with a reason. */
  tool: 'nft' | 'iptables' | undefined
  problem?: string
}

const table = (bridge: string) => `slipway_${bridge}`
const nftRules = (cidr: string, bridge: string) => `
table ip ${table(bridge)}
delete table ip ${table(bridge)}
table ip ${table(bridge)} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${cidr} oifname != "${bridge}" masquerade
  }
}
`
/** Each rule as the arguments after -A, -C or -D. FORWARD matters where a Docker on the same machine drops by default. */
const iptablesRules = (cidr: string, bridge: string): { table: string; chain: string; rule: string[] }[] => [
  { table: 'nat', chain: 'POSTROUTING', rule: ['-s', cidr, '!', '-o', bridge, '-j', 'MASQUERADE'] },
  { table: 'filter', chain: 'FORWARD', rule: ['-i', bridge, '-j', 'ACCEPT'] },
  {
    table: 'filter',
    chain: 'FORWARD',
    rule: ['-o', bridge, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'],
  },
]

const works = (command: string, args: string[], input?: string) =>
  runCommand(command, args, { input }).then(
    r => r.code === 0,
    () => false,
  )

export async function openEgress(cidr: string, bridge: string): Promise<Egress> {
  const useIptables = async () => {
    for (const { table: t, chain, rule } of iptablesRules(cidr, bridge)) {
      const has = await works('iptables', ['-w', '-t', t, '-C', chain, ...rule])
      if (!has && !(await works('iptables', ['-w', '-t', t, '-A', chain, ...rule]))) return false
    }
    return true
  }
  const tool = (await works('nft', ['-f', '-'], nftRules(cidr, bridge))) ? 'nft' : (await useIptables()) ? 'iptables' : undefined
  if (!tool)
    return {
      tool,
      problem: 'neither nft nor iptables can be used: pods reach this machine and each other only; apt-get install nftables',
    }
  try {
    if ((await readFile(forwarding, 'utf8')).trim() !== '1') await writeFile(forwarding, '1')
  } catch (error) {
    return { tool: undefined, problem: `cannot turn on IP forwarding: ${(error as Error).message}` }
  }
  return { tool }
}

export async function closeEgress(cidr: string, bridge: string): Promise<void> {
  await works('nft', ['delete', 'table', 'ip', table(bridge)])
  for (const { table: t, chain, rule } of iptablesRules(cidr, bridge))
    await works('iptables', ['-w', '-t', t, '-D', chain, ...rule])
}
