/**
 * What the programs that run as build steps have in common: flags, how they end, and what they leave. A step that succeeds writes one line
 * of JSON as its termination message; one that fails writes its reason there, says it on standard error, and exits by sysexits(3).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { BuildFailure, codeOf, isBuildFailure, messageOf } from '../failure/index.ts'

export const exitCodes = {
  /** Flags are wrong. */
  usage: 64,
  /** The user's source, configuration or names are wrong. */
  user: 65,
  /** A fault of Slipway. */
  internal: 70,
  /** A fault that may pass: network, registry, disk. */
  temporary: 75,
} as const

export interface Step {
  /** Printed for `--help`, and below wrong flags. */
  usage: string
  options: ParseArgsOptionsConfig
  /** @returns the report: what the step made, such as `{ image, digest }` */
  run(flags: Flags, signal: AbortSignal): Promise<Record<string, unknown> | undefined>
}

export interface Flags {
  /** Words that are no flags. */
  words: string[]
  get(name: string): string | undefined
  all(name: string): string[]
  has(name: string): boolean
  /** @throws BuildFailure InvalidFlags */
  need(name: string): string
}

/** Where a container's last words go (Kubernetes' terminationMessagePath default); absent outside of one. */
const defaultTermination = '/dev/termination-log'

const usageFailure = (message: string) => new BuildFailure('InvalidFlags', message)

export function readFlags(args: string[], options: ParseArgsOptionsConfig): Flags {
  let values: Record<string, unknown>
  let words: string[]
  try {
    ;({ values, positionals: words } = parseArgs({ args, options, allowPositionals: true }))
  } catch (error) {
    throw usageFailure(messageOf(error))
  }
  const all = (name: string) => {
    const value = values[name]
    return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
  }
  const get = (name: string) => all(name).at(-1) || undefined
  return {
    words,
    all,
    get,
    has: name => values[name] === true,
    need(name) {
      const value = get(name)
      if (value === undefined) throw usageFailure(`--${name} is missing`)
      return value
    },
  }
}

/** Writes a result file; its folder is made. */
export async function writeResult(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** Only where the container runtime made the file: on a host there must be none in /dev. */
async function writeTermination(path: string, value: Record<string, unknown>): Promise<void> {
  await writeFile(path, `${JSON.stringify(value)}\n`, { flag: path === defaultTermination ? 'r+' : 'w' }).catch(() => {})
}

export function exitCodeOf(error: unknown): number {
  if (isBuildFailure(error, 'InvalidFlags')) return exitCodes.usage
  if (isBuildFailure(error))
    return error.retry !== 'never' ? exitCodes.temporary : error.blame === 'user' ? exitCodes.user : exitCodes.internal
  return ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENOMEM'].includes(codeOf(error) ?? '') ? exitCodes.temporary : exitCodes.internal
}

/** Runs a step as this process's program and ends the process. */
export async function runStep(step: Step, args: string[] = process.argv.slice(2)): Promise<never> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () =>
      stop.abort(new BuildFailure('Cancelled', `the step was stopped by ${signal}`, { blame: 'system' })),
    )
  const termination = process.env.TERMINATION_LOG ?? defaultTermination
  try {
    const flags = readFlags(args, { ...step.options, help: { type: 'boolean' } })
    if (flags.has('help')) {
      process.stdout.write(`${step.usage}\n`)
      process.exit(0)
    }
    const report = await step.run(flags, stop.signal)
    if (report) await writeTermination(termination, report)
    process.exit(0)
  } catch (thrown) {
    const error = stop.signal.aborted ? stop.signal.reason : thrown
    const reason = isBuildFailure(error) ? error.reason : 'InternalError'
    // The message stands alone for users; a stack only helps with faults of our own.
    const detail = isBuildFailure(error) ? error.message : ((error as Error).stack ?? messageOf(error))
    process.stderr.write(`error: ${reason}: ${detail}\n`)
    if (reason === 'InvalidFlags') process.stderr.write(`\n${step.usage}\n`)
    await writeTermination(termination, { reason, message: messageOf(error) })
    process.exit(exitCodeOf(error))
  }
}
