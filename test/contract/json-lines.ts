/** The JSON documents of a stream, one a line, as watches send them. A last line that is cut off is dropped. */
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export async function* jsonLines(stream: Readable): AsyncGenerator<unknown> {
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) if (line) yield JSON.parse(line)
}
