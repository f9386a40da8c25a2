/** A redis-server of ours that outlived its Slipway is ended before a new one takes its files: two on one append-only file would ruin it. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './ask.ts'

/** The process that the pid file names, if it is a redis-server on this socket and not a stranger with a number used again. */
async function pidOf(dataDir: string, socket: string): Promise<number | undefined> {
  const pid = Number(await readFile(join(dataDir, 'redis.pid'), 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return commandLine.includes('redis-server') && commandLine.includes(socket) ? pid : undefined
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** @returns true when there was one */
export async function endLeftover(dataDir: string, socket: string): Promise<boolean> {
  const pid = await pidOf(dataDir, socket)
  const answered = await ask(socket, 'SHUTDOWN NOSAVE').then(
    () => true,
    () => false,
  )
  for (let waitedMs = 0; pid && isAlive(pid); waitedMs += 10) {
    if (waitedMs === 0 && !answered) process.kill(pid, 'SIGTERM')
    if (waitedMs === 5000) process.kill(pid, 'SIGKILL')
    // Not the house's clock: its timers let a process end that has nothing else to do, and at this point of a start there is nothing else.
    await wait(10)
  }
  await rm(socket, { force: true })
  return answered || pid !== undefined
}
