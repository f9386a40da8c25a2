/**
 * The connection to Redis that everything of one process shares: one socket for commands, and one more a worker for its blocking read.
 * bullmq and ioredis cost about 28 MB when they are imported, so that happens at the first use. A lost Redis is waited for and never
 * throws: commands that were under way are sent again (each is idempotent by its job's id).
 */
import type { Queue } from 'bullmq'
import type { Redis, RedisOptions } from 'ioredis'
import type { Log } from '../observe/log.ts'

/** Where Redis is. Sentinel and Cluster are further members of this union. */
export type RedisAddress = { path: string } | { url: string }

export interface QueueConnectionOptions {
  address: RedisAddress
  log: Log
  /** Begins every key. Default `slipway`. */
  prefix?: string
  /** Whole options for ioredis where an address does not say enough (TLS authorities, credentials). */
  redis?: RedisOptions
}

export interface QueueConnection {
  readonly prefix: string
  readonly log: Log
  client(): Promise<Redis>
  /** The producer's side of a queue; one a name. */
  queue(name: string): Promise<Queue>
  /** Ends the connections that this made. Workers must be closed first. */
  close(): Promise<void>
}

/** Reconnects at once, then ever more slowly, at most every two seconds: a local Redis is back in a fraction of one. */
export const reconnectDelay = (attempt: number): number => Math.min(2000, 25 * 2 ** Math.min(attempt, 7))

const optionsOf = ({ address, redis }: QueueConnectionOptions): RedisOptions => ({
  ...('path' in address && { path: address.path }),
  // Waiting is bounded by the callers' own timeouts; a count of retries would lose work at a restart of Redis.
  maxRetriesPerRequest: null,
  enableReadyCheck: true,
  retryStrategy: reconnectDelay,
  ...redis,
})

/** Workers make a connection of their own for their blocking read; one that reconnects for ever must end with this. */
function withTracked(redis: Redis, copies: Set<Redis>): Redis {
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = override => {
    const copy = duplicate(override)
    copies.add(copy)
    copy.once('end', () => copies.delete(copy))
    return copy
  }
  return redis
}

export function connectQueues(options: QueueConnectionOptions): QueueConnection {
  const { log, address, prefix = 'slipway' } = options
  let client: Promise<Redis> | undefined
  const queues = new Map<string, Promise<Queue>>()
  const copies = new Set<Redis>()
  let lost = false

  const open = async () => {
    const { Redis } = await import('ioredis')
    const redis = 'url' in address ? new Redis(address.url, optionsOf(options)) : new Redis(optionsOf(options))
    redis.on('error', error => {
      if (!lost) log.warn({ err: error }, 'Redis cannot be reached; waiting for it')
      lost = true
    })
    redis.on('ready', () => {
      if (lost) log.info({}, 'Redis is back')
      lost = false
    })
    return withTracked(redis, copies)
  }

  const connection: QueueConnection = {
    prefix,
    log,
    client: () => (client ??= open()),
    queue(name) {
      const known = queues.get(name)
      if (known) return known
      const made = (async () => {
        const { Queue } = await import('bullmq')
        const queue = new Queue(name, {
          connection: await connection.client(),
          prefix,
          // The stream of events is only for onlookers; ten thousand entries a queue would be most of Redis' memory.
          streams: { events: { maxLen: 200 } },
        })
        queue.on('error', error => log.debug({ err: error, queue: name }, 'queue'))
        return queue
      })()
      queues.set(name, made)
      return made
    },
    async close() {
      for (const queue of queues.values()) await (await queue).close().catch(() => {})
      queues.clear()
      // `quit` would wait for a Redis that is not there.
      if (client) (await client).disconnect()
      for (const copy of copies) copy.disconnect()
      client = undefined
    },
  }
  return connection
}
