/** Runs a program without a shell, passes its output on line by line, and keeps its last words for the error. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { BuildFailure, codeOf } from '../failure/index.ts'

export interface ProgramOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal
  /** Each line of output; default: nowhere. */
  onLine?: (line: string) => void
  /** Of standard output, kept and returned. Bytes; default 1 MiB. */
  keep?: number
}
export interface ProgramResult {
  code: number
  stdout: string
  /** The last lines of both outputs. */
  tail: string[]
}

const tailLines = 20

/** @throws BuildFailure ProgramMissing when it is not installed */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const { cwd, env, signal, onLine, keep = 1 << 20 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' })
    const tail: string[] = []
    let stdout = ''
    const read = (stream: Readable, kept: boolean) => {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line => {
        onLine?.(line)
        tail.push(line)
        if (tail.length > tailLines) tail.shift()
        if (kept && stdout.length < keep) stdout += `${line}\n`
      })
    }
    read(child.stdout, true)
    read(child.stderr, false)
    child.once('error', error =>
      reject(
        codeOf(error) === 'ENOENT'
          ? new BuildFailure(
              'ProgramMissing',
              `${program} is not installed where the build runs; install it, or use an image that has it`,
              { blame: 'system', retry: 'never' },
            )
          : error,
      ),
    )
    child.once('close', (code, killed) => resolve({ code: code ?? 128 + (killed ? 15 : 0), stdout, tail }))
  })
}
