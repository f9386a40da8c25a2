/** Runs system programs: no shell, output kept up to a limit, killed at its time limit. The one place of this plugin that spawns short-lived programs. */
import { spawn } from 'node:child_process'

export interface CommandResult {
  /** Exit code; 128 + n after signal n; undefined when it was killed for taking too long. */
  code: number | undefined
  stdout: string
  stderr: string
}
export interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  input?: string
  /** Milliseconds; default none. */
  timeoutMs?: number
  /** Bytes kept of each stream; default 64 KiB. */
  keep?: number
}

export class CommandError extends Error {
  readonly result: CommandResult | undefined
  constructor(message: string, result?: CommandResult) {
    super(message)
    this.name = 'CommandError'
    this.result = result
  }
}

/** Resolves with whatever code the program ended with. @throws CommandError when it cannot be started */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { cwd, env, input, timeoutMs, keep = 65_536 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.on('data', (chunk: Buffer) => {
        if (output[name].length < keep) output[name] += chunk.toString('utf8').slice(0, keep - output[name].length)
      })
    let late = false
    const timer = timeoutMs
      ? setTimeout(() => {
          late = true
          child.kill('SIGKILL')
          // A grandchild may hold the pipes open; what it prints is nobody's any more.
          child.stdout!.destroy()
          child.stderr!.destroy()
        }, timeoutMs)
      : undefined
    child.on('error', error => {
      clearTimeout(timer)
      reject(new CommandError(`cannot run ${command}: ${error.message}`))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: late ? undefined : (code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)), ...output })
    })
    if (input !== undefined) {
      child.stdin!.on('error', () => {})
      child.stdin!.end(input)
    }
  })
}

/** Like runCommand, but any code except 0 is an error that carries the program's own words. @throws CommandError */
export async function mustRun(command: string, args: readonly string[], options?: CommandOptions): Promise<string> {
  const result = await runCommand(command, args, options)
  if (result.code === 0) return result.stdout
  const words = (result.stderr || result.stdout).trim() || `ended with ${result.code ?? 'its time limit'}`
  throw new CommandError(`${command} ${args.slice(0, 3).join(' ')}: ${words}`, result)
}
