/** One process a home: a file with the id of the process, and its start time so that a reused id is not taken for it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/** When a process started, in clock ticks since boot; undefined where there is none. Source: proc(5), /proc/PID/stat field 22 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** The id of the process that holds the lock, if it is still that process. */
export function lockHolder(file: string): number | undefined {
  try {
    const [pid, started] = readFileSync(file, 'utf8').trim().split(' ')
    return started && startTimeOf(Number(pid)) === started ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

/**
 * Takes the lock. @returns how to give it back
 * @throws Error naming the process that has it
 */
export function takeLock(file: string): () => void {
  const holder = lockHolder(file)
  if (holder !== undefined && holder !== process.pid)
    throw new Error(`Slipway already runs here as process ${holder}; stop it, or choose another folder with --home`)
  writeFileSync(file, `${process.pid} ${startTimeOf(process.pid) ?? ''}\n`, { mode: 0o600 })
  return () => rmSync(file, { force: true })
}
