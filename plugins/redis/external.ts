/** A Redis of the user's own: is it there, and does it keep what it is told? */
import type { Log } from '@slipway/core/observe'
import { RedisStartError } from './server.ts'

/** The URL without its password, for messages. */
export function withoutSecret(url: string): string {
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  if (parsed.password) parsed.password = '***'
  return parsed.href
}

/** Settings of a Redis under which accepted work can be lost, in words. Pure. */
export function durabilityWarnings(settings: Record<string, string>): string[] {
  const warnings: string[] = []
  const policy = settings['maxmemory-policy']
  if (policy && policy !== 'noeviction')
    warnings.push(`maxmemory-policy is ${policy}: when memory is full, queued work is dropped; set noeviction`)
  if (settings.appendonly === 'no')
    warnings.push('appendonly is no: a crash of Redis loses accepted pushes until they are found again; set yes')
  else if (settings.appendfsync && settings.appendfsync !== 'always')
    warnings.push(`appendfsync is ${settings.appendfsync}: a power cut may lose the last second of accepted pushes; set always`)
  return warnings
}

/** @throws RedisStartError when it cannot be reached within `timeoutMs` */
export async function checkExternal(url: string, log: Log, timeoutMs = 10_000): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.ping()
    // Managed services often forbid CONFIG; what cannot be asked is not warned of.
    const names = ['maxmemory-policy', 'appendonly', 'appendfsync']
    const answers = await Promise.all(names.map(name => client.config('GET', name).catch(() => [])))
    const settings = Object.fromEntries((answers as string[][]).filter(a => a.length === 2))
    for (const warning of durabilityWarnings(settings)) log.warn({}, warning)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new RedisStartError(
      'RedisFailed',
      `Redis at ${withoutSecret(url)} cannot be used: ${why}. Check REDIS_URL, or unset it for a private one`,
    )
  } finally {
    client.disconnect()
  }
}
