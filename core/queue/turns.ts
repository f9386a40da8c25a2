/**
 * Fair turns between lanes (teams' namespaces, say) on one BullMQ queue: start-time fair queueing. Each job gets a number when it is
 * enqueued, one more than the last of its lane but not below the number now being worked on; BullMQ runs low numbers first. So a lane
 * that queues 500 jobs is spread over the next 500 turns, and the first job of another lane waits for one turn.
 * See docs/decisions for why it is one queue and numbers.
 */
import type { Redis } from 'ioredis'

/** BullMQ's greatest priority. Numbers begin again whenever the queue runs empty; beyond this the order is first come, first served. */
export const lastTurn = 2 ** 21 - 1

interface TurnKeys {
  now: string
  lanes: string
}
const keysOf = (prefix: string, queue: string): TurnKeys => ({
  now: `${prefix}:${queue}:slipway-turn`,
  lanes: `${prefix}:${queue}:slipway-lanes`,
})

/** The number of a lane's next job. Pure twin of the script below; the tests compare them. */
export const nextTurn = (now: number, lastOfLane: number | undefined): number =>
  Math.min(lastTurn, Math.max(now, lastOfLane ?? 0) + 1)

const takeScript = `
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
local last = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
local turn = math.min(tonumber(ARGV[2]), math.max(now, last) + 1)
redis.call('HSET', KEYS[2], ARGV[1], turn)
return turn`

/** The number now being worked on never goes back. */
const advanceScript = `
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > now then redis.call('SET', KEYS[1], ARGV[1]) end`

export async function takeTurn(client: Redis, prefix: string, queue: string, lane: string): Promise<number> {
  const { now, lanes } = keysOf(prefix, queue)
  return Number(await client.eval(takeScript, 2, now, lanes, lane, lastTurn))
}
export async function advanceTurn(client: Redis, prefix: string, queue: string, turn: number): Promise<void> {
  await client.eval(advanceScript, 1, keysOf(prefix, queue).now, turn)
}
/** To be called when the queue has run empty. A job that is enqueued at the same moment at worst has a number a little high. */
export async function resetTurns(client: Redis, prefix: string, queue: string): Promise<void> {
  const { now, lanes } = keysOf(prefix, queue)
  await client.del(now, lanes)
}
