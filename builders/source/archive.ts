/** Sources as archives over HTTP: tar, also with gzip or zstd, recognised by their first bytes; checked against a sha256 if one is given. */
import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BuildFailure, codeOf, isBuildFailure, messageOf } from '../failure/index.ts'
import { createHttp, type Http } from '../image/http.ts'
import { isPassingStatus } from '../image/retry.ts'
import type { SourceFetcher } from './source.ts'
import { type UnpackLimits, unpackTar } from './unpack.ts'

export interface ArchiveSpec {
  url: string
  /** `sha256:HEX` or the hexadecimal digits. */
  checksum?: string
  /** Leading path parts to drop, such as the one folder that forges put round everything. Default 0. */
  strip?: number
  limits?: UnpackLimits
}

const wrong = (message: string) => new BuildFailure('InvalidArchiveSource', message)

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw wrong(`archive URL ${JSON.stringify(text)} is malformed`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw wrong(`archive URL ${JSON.stringify(text)} is refused: only http and https are fetched`)
  return url
}

function parseChecksum(text: string | undefined): string | undefined {
  if (!text) return undefined
  const hex = /^(?:sha256:)?([0-9a-fA-F]{64})$/.exec(text)?.[1]
  if (!hex) throw wrong(`checksum ${JSON.stringify(text)} is not a sha256: 64 hexadecimal digits`)
  return hex.toLowerCase()
}

/** The decompressor of what begins with these bytes. @throws BuildFailure UnsupportedArchive */
export function decompressorOf(head: Uint8Array): Transform | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte)
  if (starts(0x1f, 0x8b)) return createGunzip()
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return createZstdDecompress()
  const name = starts(0x50, 0x4b) ? 'zip' : starts(0x42, 0x5a, 0x68) ? 'bzip2' : starts(0xfd, 0x37, 0x7a, 0x58) ? 'xz' : undefined
  if (name) throw new BuildFailure('UnsupportedArchive', `the archive is ${name}; tar, tar.gz and tar.zst are unpacked`)
  return undefined
}

/** Puts the decompressor in once the first bytes are known. */
async function decompressed(source: AsyncIterable<Buffer>): Promise<Readable> {
  const chunks = source[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) throw new BuildFailure('InvalidArchive', 'the archive is empty')
  async function* all() {
    yield first.value
    for (;;) {
      const next = await chunks.next()
      if (next.done) return
      yield next.value
    }
  }
  const step = decompressorOf(first.value)
  const plain = Readable.from(all(), { objectMode: false })
  if (!step) return plain
  pipeline(plain, step).catch(() => {})
  return step
}

/** The folder itself may be a mount. */
async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
}

async function download(http: Http, url: URL, signal: AbortSignal | undefined): Promise<Readable> {
  const shown = `${url.origin}${url.pathname}`
  try {
    const { status, body } = await http.send({ method: 'GET', url, headers: { 'user-agent': 'slipway' }, signal })
    if (status === 200) return body
    body.resume()
    throw new BuildFailure('ArchiveUnavailable', `cannot fetch ${shown}: the server answered ${status}`, {
      blame: isPassingStatus(status) ? 'system' : 'user',
    })
  } catch (error) {
    if (isBuildFailure(error) || signal?.aborted) throw error
    throw new BuildFailure('ArchiveUnavailable', `cannot fetch ${shown}: ${messageOf(error) || codeOf(error)}`, {
      blame: 'system',
      cause: error,
    })
  }
}

export const archiveSource: SourceFetcher<ArchiveSpec> = {
  name: 'archive',
  async fetch({ url: text, checksum, strip = 0, limits }, { target, report = () => {}, signal }) {
    const url = parseUrl(text)
    const wanted = parseChecksum(checksum)
    const http = createHttp()
    try {
      const hash = createHash('sha256')
      let read = 0
      const body = await download(http, url, signal)
      const metered = async function* () {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          read += chunk.byteLength
          hash.update(chunk)
          yield chunk
        }
      }
      const source = metered()
      const { entries, bytes } = await unpackTar(await decompressed(source), { target, limits, strip, read: () => read })
      // What follows the tar's end belongs to the file that the checksum is of.
      for await (const chunk of source) void chunk
      const got = hash.digest('hex')
      if (wanted && got !== wanted) {
        await empty(target)
        throw new BuildFailure(
          'ChecksumMismatch',
          `${url.origin}${url.pathname} has the checksum sha256:${got}, wanted sha256:${wanted}; nothing of it was kept`,
        )
      }
      report(`unpacked ${entries} entries, ${bytes} bytes from ${url.origin}${url.pathname}`)
      return { url: `${url.origin}${url.pathname}`, commit: `sha256:${got}` }
    } finally {
      http.close()
    }
  },
}
