/**
 * Keeps one child process running: started, started again when it dies, and found again by a supervisor that was itself killed. The child
 * goes on working while there is no supervisor.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { type Clock, type Log, sleep } from '@slipway/core/observe'
import { startTimeOf } from '@slipway/core/process'

export interface ChildState {
  pid: number
  started: string
  /** Of what it was started with: a child of other settings is replaced. */
  fingerprint: string
  port: number
}
export interface SupervisorOptions {
  command: string[]
  env: NodeJS.ProcessEnv
  /** Changes when a running child must be replaced. */
  fingerprint: string
  stateFile: string
  logFile: string
  readyWithinMs: number
  drainMs: number
  log: Log
  clock: Clock
}
export interface Supervisor {
  readonly port: number
  stop(): Promise<void>
}

const lookEveryMs = 1000
const longestBackoffMs = 10_000

export const isAlive = ({ pid, started }: Pick<ChildState, 'pid' | 'started'>): boolean => startTimeOf(pid) === started

async function readState(file: string): Promise<ChildState | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ChildState
  } catch {
    return undefined
  }
}

async function writeState(file: string, state: ChildState): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** Ends a process: SIGTERM, and SIGKILL where that is not enough. */
export async function endChild(state: ChildState, drainMs: number, clock: Clock): Promise<void> {
  const send = (signal: NodeJS.Signals) => {
    try {
      if (isAlive(state)) process.kill(state.pid, signal)
    } catch {
      // It ended by itself meanwhile.
    }
  }
  send('SIGTERM')
  for (const until = clock.now() + drainMs; isAlive(state) && clock.now() < until; ) await sleep(clock, 20)
  send('SIGKILL')
}

/** What the child said when it was up; rejects with its last words when it ended, or said nothing in time. */
function ready(child: ChildProcess, { readyWithinMs, clock, logFile }: SupervisorOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(readyWithinMs, () =>
      reject(new Error(`the data plane is not up after ${readyWithinMs} ms; see ${logFile}`)),
    )
    child.on('message', message => {
      cancel()
      resolve((message as { port?: number }).port ?? 0)
    })
    child.on('error', reject)
    child.on('exit', code => {
      cancel()
      lastWords(logFile).then(words => reject(new Error(`the data plane ended with code ${code}: ${words}`)), reject)
    })
  })
}

async function lastWords(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trim().split('\n')
  return lines.at(-1) ?? `see ${logFile}`
}

async function launch(options: SupervisorOptions): Promise<ChildState> {
  const [command = '', ...args] = options.command
  const out = openSync(options.logFile, 'a', 0o600)
  const child = spawn(command, args, { env: options.env, detached: true, stdio: ['ignore', out, out, 'ipc'] })
  closeSync(out)
  child.unref()
  try {
    const port = await ready(child, options)
    const state = { pid: child.pid!, started: startTimeOf(child.pid!) ?? '', fingerprint: options.fingerprint, port }
    await writeState(options.stateFile, state)
    return state
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    child.channel?.unref()
  }
}

/** @throws Error when the child does not come up the first time */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const { stateFile, fingerprint, drainMs, log, clock } = options
  const stopping = new AbortController()
  const before = await readState(stateFile)
  let current: ChildState
  if (before && isAlive(before) && before.fingerprint === fingerprint) {
    current = before
    log.info({ pid: before.pid }, 'the data plane is still there; going on with it')
  } else {
    if (before && isAlive(before)) await endChild(before, drainMs, clock)
    current = await launch(options)
  }

  const watch = async () => {
    let backoff = 0
    while (!stopping.signal.aborted) {
      await sleep(clock, backoff || lookEveryMs, stopping.signal)
      if (stopping.signal.aborted || isAlive(current)) continue
      try {
        log.warn({ pid: current.pid }, 'the data plane ended; starting it again')
        current = await launch(options)
        backoff = 0
      } catch (error) {
        backoff = Math.min(longestBackoffMs, (backoff || 100) * 2)
        log.error({ err: error, retryInMs: backoff }, 'the data plane does not start')
      }
    }
  }
  const watching = watch()
  return {
    port: current.port,
    async stop() {
      stopping.abort()
      await watching
      await endChild(current, drainMs, clock)
      await rm(stateFile, { force: true })
    },
  }
}
