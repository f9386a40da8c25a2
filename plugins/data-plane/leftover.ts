/** Ends a data plane that outlived its supervisor. */
import { readFile } from 'node:fs/promises'
import { systemClock } from '@slipway/core/observe'
import { type ChildState, endChild } from './supervisor.ts'

export async function endLeftover(stateFile: string, graceMs: number): Promise<void> {
  const text = await readFile(stateFile, 'utf8').catch(() => undefined)
  if (text) await endChild(JSON.parse(text) as ChildState, graceMs, systemClock)
}
