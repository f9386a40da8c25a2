/** A pod's record on disk: the pod as last seen and what is known of its containers. Written whole and renamed. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { k8s } from '@slipway/core/api'
import type { PodState } from './pod-state.ts'

export interface PodRecord {
  pod: k8s.Pod
  state: PodState
  /** Each volume's place on this machine. */
  volumes: Record<string, string>
}

const file = (podDir: string) => join(podDir, 'pod.json')

export interface RecordWriter {
  /** Saves in order; while one is being written, only the newest of those that follow is. */
  save(record: PodRecord): Promise<void>
  /** Waits for what is being written; from then on nothing is saved any more, as the folder goes. */
  close(): Promise<void>
}

export function recordWriter(podDir: string): RecordWriter {
  // If this fails, so does the first save, and says why.
  let tail: Promise<void> = mkdir(podDir, { recursive: true }).then(
    () => {},
    () => {},
  )
  let pending: string | undefined
  let closed = false
  return {
    save(record) {
      if (closed) return tail
      const waiting = pending !== undefined
      pending = JSON.stringify(record)
      if (waiting) return tail
      tail = tail
        .catch(() => {})
        .then(async () => {
          const text = pending!
          pending = undefined
          await writeFile(`${file(podDir)}.new`, text, { mode: 0o600 })
          await rename(`${file(podDir)}.new`, file(podDir))
        })
      return tail
    },
    async close() {
      closed = true
      await tail.catch(() => {})
      tail = Promise.resolve()
    },
  }
}

/** The records of all pods; folders without a readable one are named apart, to be removed. */
export async function readRecords(podsDir: string): Promise<{ records: PodRecord[]; broken: string[] }> {
  const names = await readdir(podsDir).catch(() => [])
  const records: PodRecord[] = []
  const broken: string[] = []
  for (const name of names) {
    try {
      records.push(JSON.parse(await readFile(file(join(podsDir, name)), 'utf8')) as PodRecord)
    } catch {
      broken.push(name)
    }
  }
  return { records, broken }
}
