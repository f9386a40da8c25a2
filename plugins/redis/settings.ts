/** The command line of the private redis-server. Pure. */
import { join } from 'node:path'

export interface ServerSettings {
  dataDir: string
  socket: string
  /** `always`: what Redis has acknowledged is on disk. `everysec`: a power cut loses up to a second. */
  appendfsync: 'always' | 'everysec'
  /** As Redis writes it: `256mb`. When it is full, Redis refuses new jobs rather than dropping old ones. */
  maxMemory: string
}

export function serverArguments({ dataDir, socket, appendfsync, maxMemory }: ServerSettings): string[] {
  const settings: [string, string][] = [
    ['port', '0'],
    ['unixsocket', socket],
    ['unixsocketperm', '700'],
    ['dir', dataDir],
    ['pidfile', join(dataDir, 'redis.pid')],
    ['logfile', join(dataDir, 'redis.log')],
    ['daemonize', 'no'],
    ['databases', '1'],
    ['save', ''],
    ['appendonly', 'yes'],
    ['appendfsync', appendfsync],
    ['aof-load-truncated', 'yes'],
    ['auto-aof-rewrite-min-size', '16mb'],
    ['maxmemory', maxMemory],
    ['maxmemory-policy', 'noeviction'],
    // Not to be restarted by a service manager that knows nothing of it, nor to touch another process's settings.
    ['supervised', 'no'],
  ]
  return settings.flatMap(([name, value]) => [`--${name}`, value])
}

/** Milliseconds before the next start of a server that has died; `deaths` counts those that followed close on each other, from 1. */
export const restartDelay = (deaths: number): number => Math.min(10_000, 50 * 2 ** Math.min(Math.max(deaths - 1, 0), 10))
