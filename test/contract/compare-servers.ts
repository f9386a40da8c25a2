/** The cases on two servers at once, field by field: the live form of the contract, without recordings. */
import { describeDifference, type FieldDifference } from './compare.ts'
import { differences } from './differences.ts'
import { judgeBy } from './judge.ts'
import { callsHash, loadRecording, saveRecording } from './recorded.ts'
import { prepare, runCases } from './run-all.ts'
import type { Answer } from './run-case.ts'
import { connect, type Target } from './target.ts'
import { topics } from './topics.ts'

export interface Comparison {
  cases: number
  /** Cases that differ in what is not listed: `topic/name` to what differs. */
  differing: Map<string, FieldDifference[]>
}

/** Every case's answers: `topic/name` to answers. */
export async function answersOfAll(target: Target): Promise<Map<string, Answer[]>> {
  const connection = connect(target)
  try {
    await prepare(connection)
    const all = new Map<string, Answer[]>()
    for (const [topic, cases] of Object.entries(topics))
      for (const [name, answers] of await runCases(connection, cases)) all.set(`${topic}/${name}`, answers)
    return all
  } finally {
    connection.close()
  }
}

export function compareAnswers(want: Map<string, Answer[]>, got: Map<string, Answer[]>, listed = differences): Comparison {
  const judge = judgeBy(listed)
  const differing = new Map<string, FieldDifference[]>()
  for (const [id, answers] of want) {
    const { unlisted } = judge(id, answers, got.get(id) ?? [])
    if (unlisted.length) differing.set(id, unlisted)
  }
  return { cases: want.size, differing }
}

export async function recordAnswers(kubernetes: string, answers: Map<string, Answer[]>): Promise<void> {
  for (const [topic, cases] of Object.entries(topics))
    await saveRecording(topic, {
      kubernetes,
      cases: Object.fromEntries(
        cases.map(row => [row.name, { calls: callsHash(row), answers: answers.get(`${topic}/${row.name}`)! }]),
      ),
    })
}

/** What is recorded, in the form of `answersOfAll`. */
export async function recordedAnswers(): Promise<Map<string, Answer[]>> {
  const all = new Map<string, Answer[]>()
  for (const topic of Object.keys(topics))
    for (const [name, { answers }] of Object.entries((await loadRecording(topic)).cases)) all.set(`${topic}/${name}`, answers)
  return all
}

export function describeComparison({ differing }: Comparison): string {
  return [...differing].map(([id, fields]) => `  ${id}\n    ${fields.map(describeDifference).join('\n    ')}`).join('\n')
}
