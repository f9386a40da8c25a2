/** Splits a byte stream into lines of JSON; a line cut in the middle by the end of the stream is dropped, never half-parsed. */
import { StringDecoder } from 'node:string_decoder'

export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const chunk of chunks) {
    pending += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let start = 0
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n', start)) {
      if (end > start) yield JSON.parse(pending.slice(start, end))
      start = end + 1
    }
    pending = pending.slice(start)
  }
}
