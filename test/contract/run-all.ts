/** Runs many cases on one server, several at once, and gives their normalised answers. */
import { randomBytes } from 'node:crypto'
import type { ContractCase } from './case.ts'
import { fixtureCalls } from './fixtures.ts'
import { normalize } from './normalize.ts'
import { type Answer, runCase } from './run-case.ts'
import type { Connection } from './target.ts'

/** Nine characters that start with a letter and occur in no answer by chance. */
export const newId = (): string => `q${randomBytes(4).toString('hex')}`

/**
 * Makes the custom resources of the cases, and waits until they are served; on a server that never serves them the cases say so.
 * @throws Error when the server refuses them
 */
export async function prepare(connection: Connection): Promise<void> {
  const answers = await runCase(connection, { name: 'fixtures', steps: fixtureCalls }, newId())
  for (const [index, { status, body }] of answers.entries())
    if (fixtureCalls[index]!.method === 'POST' && status !== 201 && status !== 409)
      throw new Error(`the cases' custom resources cannot be made: ${status} ${JSON.stringify(body)}`)
}

/** A case that cannot be run at all answers with `failed`, which no recording has. */
export async function answersOf(connection: Connection, row: ContractCase): Promise<Answer[]> {
  const id = newId()
  try {
    return normalize(await runCase(connection, row, id), id)
  } catch (error) {
    return [{ status: 0, body: `failed: ${error instanceof Error ? error.message : error}` }]
  }
}

export async function runCases(connection: Connection, cases: ContractCase[], concurrency = 6): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>()
  const queue = [...cases]
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) answers.set(next.name, await answersOf(connection, next))
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return answers
}
