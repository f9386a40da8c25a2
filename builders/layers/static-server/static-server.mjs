/**
 * The server of static sites, put into their images: files of one folder over HTTP, nothing else. Plain JavaScript of one file, so that any
 * Node of a base image runs it. `node static-server.mjs FOLDER`, on PORT (8080).
 */
import { createReadStream } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
  '.mp4': 'video/mp4',
  '.webmanifest': 'application/manifest+json',
}

/** The file of a path: none outside of the folder, and none whose name begins with a dot. */
async function find(root, pathname) {
  let path
  try {
    path = decodeURIComponent(pathname)
  } catch {
    return undefined
  }
  if (path.includes('\0') || path.split('/').some(part => part.startsWith('.'))) return undefined
  const candidates = path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`]
  for (const candidate of candidates) {
    const file = await realpath(join(root, candidate)).catch(() => undefined)
    if (!file?.startsWith(root + sep)) continue
    const handle = await open(file, 'r').catch(() => undefined)
    const stats = await handle?.stat()
    await handle?.close()
    if (stats?.isFile())
      return { file, stats, folder: candidate !== path && candidate.endsWith('/index.html') && !path.endsWith('/') }
  }
  return undefined
}

/** One range of a Range header, or undefined for the whole. */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (!match[1] && !match[2])) return undefined
  const start = match[1] ? Number(match[1]) : Math.max(0, size - Number(match[2]))
  const end = match[1] && match[2] ? Math.min(Number(match[2]), size - 1) : size - 1
  return start <= end ? { start, end } : undefined
}

async function answer(root, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405, { allow: 'GET, HEAD' }).end()
  const { pathname, search } = new URL(request.url, 'http://localhost')
  const found = await find(root, pathname)
  if (found?.folder) return response.writeHead(301, { location: `${pathname}/${search}` }).end()
  const page = found ?? (await find(root, '/404.html'))
  if (!page) return response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n')
  const { file, stats } = page
  const etag = `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}"`
  const headers = {
    'content-type': types[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
    etag,
    'accept-ranges': 'bytes',
  }
  if (found && request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end()
  const range = found && rangeOf(request.headers.range, stats.size)
  const { start, end } = range ?? { start: 0, end: stats.size - 1 }
  if (range) headers['content-range'] = `bytes ${start}-${end}/${stats.size}`
  response.writeHead(found ? (range ? 206 : 200) : 404, { ...headers, 'content-length': Math.max(0, end - start + 1) })
  if (request.method === 'HEAD' || end < start) return response.end()
  await pipeline(createReadStream(file, { start, end }), response)
}

const root = await realpath(process.argv[2] ?? '.')
const server = createServer((request, response) => {
  answer(root, request, response).catch(error => {
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
    console.error(error)
    if (response.headersSent) response.destroy()
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal error\n')
  })
})
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close(() => process.exit(0)))
server.listen(Number(process.env.PORT ?? 8080), () => console.log(`serving ${root} on port ${server.address().port}`))
