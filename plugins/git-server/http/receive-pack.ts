/**
 * A push: git itself takes the pack and updates the refs; its report reaches the client only after the queue has the push, and what
 * becomes of it (build log, revision, URL) follows in the side band, as lines that the client shows with `remote: `.
 * Source: git's http-protocol.adoc ("Smart Service git-receive-pack") and gitprotocol-pack.adoc.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { branchOf, isDeletion, type Push, zeroCommit } from '@slipway/core/delivery'
import type { Log } from '@slipway/core/observe'
import { type Admission, Refusal } from '../admission.ts'
import { spawnGit } from '../git.ts'
import { flushPacket, PacketReader } from '../protocol/pkt-line.ts'
import { type ReceiveRequest, receiveRequestParser } from '../protocol/receive-request.ts'
import { parseReport, rejectingReport } from '../protocol/report-status.ts'
import { band, bandPackets, keepAlivePacket, printable } from '../protocol/side-band.ts'
import type { PushReporter } from '../report-pushes.ts'
import type { Repositories, RepositoryName } from '../repositories.ts'

export interface ReceivePackOptions {
  repositories: Repositories
  admission: Admission
  reporter: PushReporter
  /** What becomes of a push, a line each; ends when there is nothing more to say. */
  progress(push: Push, signal: AbortSignal): AsyncIterable<string>
  maxBytes: number
  log: Log
  /** How often something is sent while there is nothing to say. */
  keepAliveMs?: number
}
export interface Pusher {
  name?: string
}

/** The request's body, unpacked where the client packed it. */
const bodyOf = (request: IncomingMessage): Readable =>
  request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request

/** Reads the head of the push; what was read, and comes after it, is given to git as it is. */
async function readHead(body: AsyncIterator<Buffer>): Promise<{ head: ReceiveRequest; read: Buffer[] }> {
  const parser = receiveRequestParser()
  const read: Buffer[] = []
  for (;;) {
    const { done, value } = await body.next()
    if (done) throw new Refusal(400, 'BadRequest', 'the push ended before it had said what to update')
    read.push(value)
    const head = parser.push(value)
    if (head) return { head, read }
  }
}

const write = (response: ServerResponse, bytes: Buffer): void => {
  if (!response.destroyed && bytes.length) response.write(bytes)
}

/** Resolves when a stream takes more, or has closed and takes nothing any more. */
const drained = (stream: Writable): Promise<void> =>
  new Promise(resolve => {
    const settle = () => {
      stream.off('drain', settle)
      stream.off('close', settle)
      resolve()
    }
    stream.on('drain', settle)
    stream.on('close', settle)
  })

export function receivePack(options: ReceivePackOptions) {
  const { repositories, admission, reporter, progress, maxBytes, log, keepAliveMs = 10_000 } = options

  /** Runs git on the whole request. Progress goes out at once; the report is kept. @returns the report, and git's exit code */
  async function runGit(
    dir: string,
    request: IncomingMessage,
    read: Buffer[],
    body: AsyncIterator<Buffer>,
    sideBand: boolean,
    response: ServerResponse,
  ) {
    const protocol = request.headers['git-protocol']
    const config: Record<string, string> = maxBytes ? { 'receive.maxInputSize': String(maxBytes) } : {}
    const child = spawnGit(['receive-pack', '--stateless-rpc', dir], {
      config,
      ...(typeof protocol === 'string' && { protocol }),
    })
    let said = ''
    child.stderr.on('data', chunk => void (said = (said + chunk).slice(-2000)))
    child.stdin.on('error', () => {})
    const feed = (async () => {
      for (const chunk of read) child.stdin.write(chunk)
      for (let next = await body.next(); !next.done; next = await body.next())
        if (!child.stdin.write(next.value) && child.stdin.writable) await drained(child.stdin)
    })()
    // A client that goes away in the middle of the pack: git sees the end of its input and takes nothing.
    const fed = feed.catch(() => {}).finally(() => child.stdin.end())
    const report: Buffer[] = []
    const reader = new PacketReader()
    child.stdout.on('data', (chunk: Buffer) => {
      if (!sideBand) return void report.push(chunk)
      for (const packet of reader.push(chunk)) {
        if (packet.type !== 'data') continue
        if (packet.payload[0] === band.data) report.push(packet.payload.subarray(1))
        else write(response, bandPackets(packet.payload[0] as typeof band.progress, packet.payload.subarray(1)))
      }
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    await fed
    if (code !== 0) log.warn({ dir, code, said: said.trim() }, 'git receive-pack failed')
    return { report: Buffer.concat(report), code, said }
  }

  /** Puts the accepted branches into the queue. @returns those that are in it, and lines for the person */
  async function reportAll(
    repository: RepositoryName,
    head: ReceiveRequest,
    accepted: Set<string>,
    pusher: Pusher,
    wantsPaths: boolean,
  ) {
    const pushes: Push[] = []
    const lines: string[] = []
    for (const { ref, before, after: commit } of head.updates) {
      if (!accepted.has(ref)) continue
      if (!branchOf(ref)) {
        lines.push(`${ref} received. Only branches are built.`)
        continue
      }
      const deleted = isDeletion({ commit })
      const isNew = before === zeroCommit
      const [hasDockerfile, changed] = await Promise.all([
        !deleted && repositories.hasFile(repository, commit, 'Dockerfile'),
        deleted || isNew || !wantsPaths ? undefined : repositories.changed(repository, before, commit),
      ])
      const details = {
        options: head.options,
        hasDockerfile,
        ...(pusher.name && { pusher: pusher.name }),
        ...(changed && { changed }),
      }
      try {
        pushes.push(await reporter.report({ ...repository, ref, before, commit }, details))
      } catch (error) {
        log.warn({ err: error, ...repository, ref, commit }, 'a push was accepted but could not be queued yet')
        const why = error instanceof Error ? error.message : String(error)
        lines.push(
          `${branchOf(ref)} is received and safe, but the queue cannot be reached now (${why}).`,
          'It will be built as soon as the queue is back.',
        )
      }
    }
    return { pushes, lines }
  }

  /** Sends what becomes of the pushes until it is over or the client has gone; the build goes on either way. */
  async function follow(pushes: Push[], response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const beat = setInterval(() => write(response, keepAlivePacket), keepAliveMs)
    const say = (line: string) => write(response, bandPackets(band.progress, `${printable(line)}\n`))
    try {
      for (const push of pushes) {
        if (response.destroyed) return
        for await (const line of progress(push, gone.signal)) say(line)
      }
    } catch (error) {
      if (gone.signal.aborted) return
      log.warn({ err: error }, 'the progress of a push could not be followed')
      say(`The push is accepted; its progress cannot be shown: ${error instanceof Error ? error.message : error}`)
    } finally {
      clearInterval(beat)
    }
  }

  return async (
    repository: RepositoryName,
    request: IncomingMessage,
    response: ServerResponse,
    pusher: Pusher = {},
  ): Promise<void> => {
    const body = (bodyOf(request) as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    const { head, read } = await readHead(body)
    response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' })
    // Before a large push the client asks with an empty one whether it may.
    if (head.updates.length === 0) return void response.end()
    const sideBand = head.capabilities.has('side-band-64k')
    const refs = head.updates.map(u => u.ref)
    const sendReport = (report: Buffer) => write(response, sideBand ? bandPackets(band.data, report) : report)
    const end = () => response.end(sideBand ? flushPacket : undefined)
    const firstBranch = head.updates.flatMap(u => (isDeletion({ commit: u.after }) ? [] : (branchOf(u.ref) ?? [])))[0]
    let wantsPaths = false
    try {
      const admitted = await admission.admit(repository, head.options.as || (firstBranch ?? 'main'))
      wantsPaths = admitted.spec.paths !== undefined
      await repositories.create(repository, head.options.as || (firstBranch ?? 'main'))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // The client listens only once it has sent everything.
      for (let next = await body.next(); !next.done; next = await body.next());
      if (sideBand) write(response, bandPackets(band.progress, `${printable(error.message)}\n`))
      sendReport(rejectingReport(refs, error.reason))
      return void end()
    }
    const { report, code, said } = await runGit(repositories.dir(repository), request, read, body, sideBand, response)
    if (!report.length && code !== 0) {
      if (sideBand) write(response, bandPackets(band.fatal, `git receive-pack failed: ${printable(said.trim()).slice(-500)}\n`))
      return void end()
    }
    const { unpack, accepted } = parseReport(report)
    const { pushes, lines } = await reportAll(repository, head, new Set(unpack === 'ok' ? accepted : []), pusher, wantsPaths)
    sendReport(report)
    if (sideBand) {
      for (const line of lines) write(response, bandPackets(band.progress, `${printable(line)}\n`))
      await follow(pushes, response)
    }
    end()
    void repositories.tidy(repository)
  }
}
