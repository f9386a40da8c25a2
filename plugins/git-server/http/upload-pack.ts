/** Clones and fetches, by people and by builds (of one commit, by its id). Source: git's http-protocol.adoc, "Smart Service git-upload-pack". */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Log } from '@slipway/core/observe'
import { spawnGit } from '../git.ts'

export async function uploadPack(dir: string, request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  const protocol = request.headers['git-protocol']
  const child = spawnGit(['upload-pack', '--stateless-rpc', dir], typeof protocol === 'string' ? { protocol } : {})
  let said = ''
  child.stderr.on('data', chunk => void (said = (said + chunk).slice(-2000)))
  response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result', 'cache-control': 'no-cache' })
  const packed = request.headers['content-encoding'] === 'gzip'
  const asked = packed ? pipeline(request, createGunzip(), child.stdin) : pipeline(request, child.stdin)
  const closed = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  try {
    await Promise.all([asked.catch(ignoreBrokenPipe), pipeline(child.stdout, response)])
  } catch (error) {
    child.kill()
    log.debug({ err: error, dir }, 'a fetch was broken off')
  }
  const code = await closed
  if (code) log.debug({ dir, code, said: said.trim() }, 'git upload-pack')
}

/** git may have what it needs before the request ends. */
const ignoreBrokenPipe = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
}
