/**
 * Starts a server program for a test and sees it to its end: output goes to a file, readiness is polled, `stop` waits for the exit.
 * On Linux the kernel ends the program when this process dies, even by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { waitFor } from './wait-for.ts'

export interface ProcessOptions {
  /** In messages; default the file's name. */
  name?: string
  command: string
  args?: string[]
  /** Added to this process's environment. */
  env?: Record<string, string>
  cwd?: string
  /** Where standard output and error go. */
  logFile: string
  /** True once the program serves; polled until then. */
  ready?: () => Promise<boolean>
  /** Default 30 s. */
  readyTimeoutMs?: number
  signal?: AbortSignal
}
export interface RunningProcess {
  readonly name: string
  readonly pid: number
  /** Code or signal, once it has ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** SIGTERM (or the given signal), then SIGKILL after a grace; resolves when the program has ended. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>
  kill(signal: NodeJS.Signals): void
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(path => existsSync(path))

/** The last lines of a log, for messages. */
export async function tailOf(file: string, lines = 15): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

function exitOf(child: ChildProcess): RunningProcess['exited'] {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: 127, signal: null }))
  })
}

/** @throws Error with the end of the log when the program exits or is not ready in time; it is stopped then */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { command, args = [], env = {}, cwd, logFile, ready, readyTimeoutMs = 30_000, signal: aborted } = options
  const name = options.name ?? basename(command)
  const log = await open(logFile, 'a')
  const whole = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', command, ...args] : [command, ...args]
  const child = spawn(whole[0]!, whole.slice(1), {
    env: { ...process.env, ...env },
    ...(cwd && { cwd }),
    stdio: ['ignore', log.fd, log.fd],
    // A group of its own: an interrupt at the terminal reaches the tests first, which stop servers in order.
    detached: true,
  })
  const exited = exitOf(child)
  let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined
  exited.then(how => {
    ended = how
  })
  await log.close()

  const kill = (signal: NodeJS.Signals) => {
    if (!ended) child.kill(signal)
  }
  const running: RunningProcess = {
    name,
    pid: child.pid ?? -1,
    exited,
    kill,
    async stop(signal = 'SIGTERM', graceMs = 10_000) {
      kill(signal)
      const timer = setTimeout(() => kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(timer)
    },
  }
  const look = async () => {
    if (ended) throw new Error('ended')
    return ready ? ready() : true
  }
  try {
    await waitFor(`${name} to be ready`, () => (ended ? 'ended' : look().then(is => is && 'ready')), {
      timeoutMs: readyTimeoutMs,
      ...(aborted && { signal: aborted }),
    })
    if (ended) throw new Error(`${name} ended at start with ${ended.signal ?? `exit code ${ended.code}`}`)
    return running
  } catch (error) {
    await running.stop('SIGTERM', 2000)
    throw new Error(`${error instanceof Error ? error.message : error}; its last output:\n${await tailOf(logFile)}`, {
      cause: error,
    })
  }
}
