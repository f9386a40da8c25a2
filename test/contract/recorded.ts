/** What a real kube-apiserver answered, one file a topic: committed, so that a machine without Go compares too. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ContractCase } from './case.ts'
import type { Answer } from './run-case.ts'

export interface RecordedCase {
  /** Of the case's calls: a recording of other calls does not count. */
  calls: string
  answers: Answer[]
}
export interface Recording {
  /** Of the server that answered: `v1.34.3`. */
  kubernetes: string
  cases: Record<string, RecordedCase>
}

const folder = new URL('./recorded/', import.meta.url)
const fileOf = (topic: string) => new URL(`${topic}.json`, folder)

/** Changes when the case's calls do. Pure. */
export const callsHash = ({ steps }: ContractCase): string =>
  createHash('sha256').update(JSON.stringify(steps)).digest('hex').slice(0, 12)

export async function loadRecording(topic: string): Promise<Recording> {
  try {
    return JSON.parse(await readFile(fileOf(topic), 'utf8')) as Recording
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kubernetes: '', cases: {} }
    throw error
  }
}

/** One line an answer: small, and a change shows as the line that changed. */
export function recordingText({ kubernetes, cases }: Recording): string {
  const entries = Object.entries(cases).map(([name, { calls, answers }]) => {
    const lines = answers.map(answer => `      ${JSON.stringify(answer)}`).join(',\n')
    return `    ${JSON.stringify(name)}: { "calls": "${calls}", "answers": [\n${lines}\n    ] }`
  })
  return `{\n  "kubernetes": ${JSON.stringify(kubernetes)},\n  "cases": {\n${entries.join(',\n')}\n  }\n}\n`
}

export async function saveRecording(topic: string, recording: Recording): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(fileOf(topic), recordingText(recording))
}

export const removeRecordings = (): Promise<void> => rm(fileURLToPath(folder), { recursive: true, force: true })
