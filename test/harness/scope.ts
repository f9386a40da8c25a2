/**
 * What a test or scenario started, and how it ends: clean-ups run in reverse order, each at most once, when the scope is closed and also
 * when the process is interrupted. A clean-up that fails is reported and does not keep the others from running.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Scope {
  /** Registers a clean-up. */
  defer(clean: () => unknown): void
  /** A folder under the system's temporary one, removed at the end. */
  folder(prefix?: string): Promise<string>
  /** Runs what is left of the clean-ups. @throws AggregateError of those that failed, after all have run */
  close(): Promise<void>
  /** Aborted when the scope closes or the process is interrupted. */
  readonly signal: AbortSignal
}

const open = new Set<Scope>()
let listening = false

/** A second signal ends the process at once: somebody is waiting at a terminal. */
function closeOnSignals(): void {
  if (listening) return
  listening = true
  let interrupted = false
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const)
    process.on(signal, () => {
      if (interrupted) process.exit(128 + number)
      interrupted = true
      Promise.allSettled([...open].map(scope => scope.close())).then(() => process.exit(128 + number))
    })
}

export function openScope(): Scope {
  const cleanups: (() => unknown)[] = []
  const controller = new AbortController()
  let closing: Promise<void> | undefined
  const runAll = async () => {
    controller.abort()
    const failures: unknown[] = []
    for (let clean = cleanups.pop(); clean; clean = cleanups.pop()) {
      try {
        await clean()
      } catch (error) {
        failures.push(error)
      }
    }
    open.delete(scope)
    if (failures.length)
      throw new AggregateError(
        failures,
        `${failures.length} clean-ups failed: ${failures.map(f => String((f as Error)?.message ?? f)).join('; ')}`,
      )
  }
  const scope: Scope = {
    signal: controller.signal,
    defer: clean => void cleanups.push(clean),
    async folder(prefix = 'slipway-test-') {
      const path = await mkdtemp(join(tmpdir(), prefix))
      cleanups.push(() => rm(path, { recursive: true, force: true }))
      return path
    },
    close: () => (closing ??= runAll()),
  }
  closeOnSignals()
  open.add(scope)
  return scope
}

/** Runs `work` in a scope of its own and closes it, whatever happens. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = openScope()
  try {
    return await work(scope)
  } finally {
    await scope.close()
  }
}
