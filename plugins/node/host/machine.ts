/** What this machine is: for the Node object and for limits. */
import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem } from 'node:os'
import { boundingSet } from '../runtime/capabilities.ts'

export interface Machine {
  hostname: string
  /** The first address that is not loopback, else 127.0.0.1. */
  address: string
  /** Cores. */
  cpu: number
  /** Bytes. */
  memory: number
  /** As Go names it: amd64, arm64. */
  architecture: string
  kernel: string
  osImage: string
  machineId: string
  bootId: string
  capabilities: ReadonlySet<string>
}

const goArch: Record<string, string> = { x64: 'amd64', ia32: '386' }
const read = (path: string) => readFile(path, 'utf8').catch(() => '')

export async function readMachine(): Promise<Machine> {
  const [osRelease, machineId, bootId, status] = await Promise.all(
    ['/etc/os-release', '/etc/machine-id', '/proc/sys/kernel/random/boot_id', '/proc/self/status'].map(read),
  )
  const outside = Object.values(networkInterfaces())
    .flat()
    .find(i => i && i.family === 'IPv4' && !i.internal)
  return {
    hostname: hostname().toLowerCase(),
    address: outside?.address ?? '127.0.0.1',
    cpu: availableParallelism(),
    memory: totalmem(),
    architecture: goArch[arch()] ?? arch(),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease!)?.[1] ?? 'Linux',
    machineId: machineId!.trim(),
    bootId: bootId!.trim(),
    capabilities: boundingSet(status!),
  }
}
