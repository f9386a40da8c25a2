/** Linux capabilities of a container: the runtimes' usual fourteen, changed by `securityContext.capabilities`. Pure. */

/** What Docker and containerd grant by default (moby oci/caps/defaults.go). */
const usual = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
]

/** All that Linux knows, in the order of their numbers (capability.h). */
const known = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE'],
  ...[
    'NET_BIND_SERVICE',
    'NET_BROADCAST',
    'NET_ADMIN',
    'NET_RAW',
    'IPC_LOCK',
    'IPC_OWNER',
    'SYS_MODULE',
    'SYS_RAWIO',
    'SYS_CHROOT',
  ],
  ...[
    'SYS_PTRACE',
    'SYS_PACCT',
    'SYS_ADMIN',
    'SYS_BOOT',
    'SYS_NICE',
    'SYS_RESOURCE',
    'SYS_TIME',
    'SYS_TTY_CONFIG',
    'MKNOD',
    'LEASE',
  ],
  ...[
    'AUDIT_WRITE',
    'AUDIT_CONTROL',
    'SETFCAP',
    'MAC_OVERRIDE',
    'MAC_ADMIN',
    'SYSLOG',
    'WAKE_ALARM',
    'BLOCK_SUSPEND',
    'AUDIT_READ',
  ],
  ...['PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
]

const plain = (name: string) => name.toUpperCase().replace(/^CAP_/, '')

/** The capabilities that a process may have at all, of its `CapBnd` line in /proc/PID/status. */
export function boundingSet(procStatus: string): Set<string> {
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(procStatus)?.[1] ?? '1ffffffffff'}`)
  return new Set(known.filter((_, bit) => (mask >> BigInt(bit)) & 1n))
}

export interface CapabilityRequest {
  add?: string[]
  drop?: string[]
  privileged?: boolean
}

/**
 * @param available what this machine can grant; the rest is left out, as asking for it would fail the whole container
 * @returns names with `CAP_`, sorted
 */
export function capabilitiesFor(
  { add = [], drop = [], privileged = false }: CapabilityRequest,
  available: ReadonlySet<string>,
): string[] {
  const all = (names: string[]) => names.some(n => plain(n) === 'ALL')
  const granted = new Set(privileged || all(add) ? known : all(drop) ? [] : usual)
  for (const name of drop) granted.delete(plain(name))
  for (const name of add) if (plain(name) !== 'ALL') granted.add(plain(name))
  return [...granted]
    .filter(name => available.has(name))
    .map(name => `CAP_${name}`)
    .sort()
}
