/** Reads a container's log for `kubectl logs`: the end of it, since a time, following it. Source: kubelet pkg/kubelet/kuberuntime/logs */
import { watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { parseCriLine } from './cri-line.ts'

export interface LogOptions {
  follow?: boolean
  /** Only so many lines from the end. */
  tailLines?: number
  /** Milliseconds since the epoch. */
  since?: number
  timestamps?: boolean
  /** At most so many bytes. */
  limitBytes?: number
  /** Only this stream. */
  stream?: 'stdout' | 'stderr'
}

const chunkSize = 65_536

/** Where the last `count` lines begin; parts of a long line count as one with what follows. */
export async function tailOffset(file: FileHandle, size: number, count: number): Promise<number> {
  if (count <= 0) return size
  const buffer = Buffer.alloc(chunkSize)
  let seen = 0
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - chunkSize)
    const { bytesRead } = await file.read(buffer, 0, end - start, start)
    for (let i = bytesRead - 1; i >= 0; i--) {
      // The newline that ends the file ends no further line.
      if (buffer[i] === 10 && start + i !== size - 1 && ++seen === count) return start + i + 1
    }
    end = start
  }
  return 0
}

/** Turns log lines into what the user sees; undefined is left out. */
export function lineFilter({ since, timestamps, stream }: LogOptions): (line: string) => string | undefined {
  let midLine = false
  return line => {
    const parsed = parseCriLine(line)
    if (!parsed || (stream && parsed.stream !== stream)) return undefined
    if (since !== undefined && Date.parse(parsed.time) < since) return undefined
    const stamp = timestamps && !midLine ? `${parsed.time} ` : ''
    midLine = parsed.partial
    return `${stamp}${parsed.text}${parsed.partial ? '' : '\n'}`
  }
}

/** Resolves when the file's folder changes, or after `ms`, or when the signal aborts. */
function nextChange(path: string, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      watcher?.close()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    let watcher: ReturnType<typeof watch> | undefined
    try {
      watcher = watch(path, done)
    } catch {
      // Moved away just now: the timer looks again.
    }
    signal.addEventListener('abort', done, { once: true })
  })
}

/**
 * Yields text until the end of the log; when following, until `isOver` and all has been read.
 * @param isOver whether the container has ended
 */
export async function* readLog(
  path: string,
  options: LogOptions,
  isOver: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const filter = lineFilter(options)
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let file = await open(path, 'r')
  try {
    let { size, ino } = await file.stat()
    let offset = options.tailLines === undefined ? 0 : await tailOffset(file, size, options.tailLines)
    const buffer = Buffer.alloc(chunkSize)
    let rest: Buffer = Buffer.alloc(0)
    while (!signal.aborted) {
      const over = isOver()
      const { bytesRead } = await file.read(buffer, 0, chunkSize, offset)
      if (bytesRead > 0) {
        offset += bytesRead
        const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
        const cut = data.lastIndexOf(10) + 1
        rest = data.subarray(cut)
        let text = ''
        for (const line of data.toString('utf8', 0, cut).split('\n')) text += filter(line) ?? ''
        if (Buffer.byteLength(text) >= left) {
          yield Buffer.from(text).subarray(0, left).toString('utf8')
          return
        }
        left -= Buffer.byteLength(text)
        if (text) yield text
        continue
      }
      const present = await stat(path).catch(() => undefined)
      if (present && present.ino !== ino) {
        // Rotated: go on in the new file.
        await file.close()
        file = await open(path, 'r')
        ;({ size, ino } = await file.stat())
        offset = 0
        rest = Buffer.alloc(0)
        continue
      }
      if (!options.follow || over) return
      await nextChange(path, 1000, signal)
    }
  } finally {
    await file.close()
  }
}
