/** Runs a program to its end and gives its output. */
import { execFile } from 'node:child_process'

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}
export interface CommandOptions {
  env?: Record<string, string>
  cwd?: string
  input?: string
  timeoutMs?: number
}

/** Resolves whatever the exit code. @throws Error when the program cannot be run at all */
export function tryCommand(
  command: string,
  args: string[] = [],
  { env, cwd, input, timeoutMs }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { env: { ...process.env, ...env }, ...(cwd && { cwd }), ...(timeoutMs && { timeout: timeoutMs }), maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number' && !error.killed && !error.signal) reject(error)
        else resolve({ code: typeof error?.code === 'number' ? error.code : error ? 128 : 0, stdout, stderr })
      },
    )
    if (input !== undefined) child.stdin?.end(input)
  })
}

/** Standard output. @throws Error with standard error when the exit code is not 0 */
export async function runCommand(command: string, args: string[] = [], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}: ${stderr.trim() || stdout.trim()}`)
  return stdout
}

/** The path of a program on PATH, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  const { stdout } = await tryCommand('sh', ['-c', 'command -v -- "$0"', name])
  return stdout.trim() || undefined
}
