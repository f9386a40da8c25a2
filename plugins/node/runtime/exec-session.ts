/**
 * A program in a running container, with its streams. A terminal is made by script(1) of util-linux and sized by stty(1): both are on
 * every Debian and most others, where a native module for pseudo-terminals would have to be compiled.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { ExecOptions, ExecSession } from './container-runtime.ts'
import { runCommand } from './run-command.ts'

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`

/** The terminal on the other side of script's: what its child has as standard input. */
async function terminalOf(pid: number): Promise<string | undefined> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean)
  for (const child of children) {
    for (const fd of await readdir(`/proc/${child}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${child}/fd/${fd}`).catch(() => '')
      if (/^\/dev\/pts\/\d+$/.test(target)) return target
    }
  }
  return undefined
}

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.on('error', () => resolve(126))
    child.on('close', (code, signal) => resolve(code ?? (signal ? 137 : 1)))
  })

export function spawnSession(command: string, args: string[], { tty, stdin }: ExecOptions): ExecSession {
  const child = tty
    ? spawn('script', ['--quiet', '--return', '--flush', '--command', [command, ...args].map(quote).join(' '), '/dev/null'], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, SHELL: '/bin/sh' },
      })
    : spawn(command, args, { stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] })
  child.stdin?.on('error', () => {})
  let wanted = { columns: 0, rows: 0 }
  /** The first size comes before there is a terminal: it is looked for a while. */
  const applySize = async (pid: number): Promise<void> => {
    const { columns, rows } = wanted
    for (let i = 0; i < 100 && child.exitCode === null && wanted.columns === columns && wanted.rows === rows; i++) {
      const terminal = await terminalOf(pid)
      if (terminal) return void (await runCommand('stty', ['-F', terminal, 'cols', String(columns), 'rows', String(rows)]))
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  return {
    stdin: stdin ? child.stdin! : undefined,
    stdout: child.stdout!,
    stderr: tty ? undefined : child.stderr!,
    done: exitOf(child),
    resize(columns, rows) {
      wanted = { columns, rows }
      if (tty && child.pid && child.exitCode === null) void applySize(child.pid).catch(() => {})
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
