/** The log of a build's steps, one after the other, each from its beginning, as it is written. */
import { StringDecoder } from 'node:string_decoder'
import type { Build } from '../api/build/index.ts'
import type { Api } from '../client/api.ts'

/** Its output is of interest only when it fails, and then it is in the Build's message. */
const quiet = new Set(['build-step-credential-initializer'])

export interface StepLogs {
  /** Goes on to steps that have begun since. Resolves when what there is to read now has been read. */
  advance(build: Build | undefined): void
  /** True while a step's log is being read. */
  readonly isReading: boolean
  /** True once the log of every step that has begun was read. */
  isComplete(build: Build | undefined): boolean
}

/** Lines of a byte stream; a last one without an end counts too. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const chunk of body) {
    pending += decoder.write(Buffer.from(chunk))
    const lines = pending.split('\n')
    pending = lines.pop()!
    yield* lines
  }
  if (pending) yield pending
}

const begun = (build: Build | undefined) =>
  (build?.status?.stepStates ?? []).filter(s => s.name && !quiet.has(s.name) && (s.running || s.terminated))

export function stepLogs(api: Api, say: (line: string) => void, ready: () => void, signal: AbortSignal): StepLogs {
  const read = new Set<string>()
  let isReading = false

  async function readOne(namespace: string, pod: string, step: string): Promise<void> {
    say(`-----> ${step.replace('build-step-', '')}`)
    const query = new URLSearchParams({ container: step, follow: 'true' })
    const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(pod)}/log?${query}`
    const response = await api.raw('GET', path, { signal })
    // A pod that is gone has no log any more; the Build's message still says what happened.
    if (!response.ok) return response.cancel()
    for await (const line of linesOf(response.body)) say(`       ${line}`)
  }

  const logs: StepLogs = {
    advance(build) {
      const pod = build?.status?.cluster?.podName
      const next = begun(build).find(s => !read.has(s.name!))
      if (isReading || !pod || !next || signal.aborted) return
      isReading = true
      read.add(next.name!)
      void readOne(build.metadata.namespace!, pod, next.name!)
        .catch(() => {})
        .finally(() => {
          isReading = false
          ready()
        })
    },
    get isReading() {
      return isReading
    },
    isComplete: build => !isReading && begun(build).every(s => read.has(s.name!)),
  }
  return logs
}
