import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { removeFolder, temporaryFolder, writeFiles } from '../../testing/temporary.ts'

describe('static server', () => {
  let root: string
  let child: ChildProcess
  let url: string
  before(async () => {
    root = await temporaryFolder('static')
    await writeFiles(root, {
      'site/index.html': '<p>home',
      'site/about.html': 'about',
      'site/docs/index.html': 'docs',
      'site/404.html': 'lost',
      'site/style.css': '0123456789',
      'site/.env': 'secret',
      'outside.txt': 'secret',
    })
    await symlink('../outside.txt', join(root, 'site/link.txt'))
    child = spawn(process.execPath, [join(import.meta.dirname, 'static-server.mjs'), join(root, 'site')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout!, 'data')
    url = `http://127.0.0.1:${/port (\d+)/.exec(String(line))![1]}`
  })
  after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect((await ended)[0]).to.equal(0)
    await removeFolder(root)
  })
  /** Sends the path as it is: fetch would tidy it. */
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; type: string | undefined; location: string | undefined; body: string; etag: string }>(
      (resolve, reject) => {
        const sent = request(url, { path, headers, method, agent: false }, response => {
          let body = ''
          response.on('data', chunk => {
            body += chunk
          })
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              type: response.headers['content-type'],
              location: response.headers.location,
              body,
              etag: String(response.headers.etag),
            }),
          )
        })
        sent.on('error', reject).end()
      },
    )

  const cases: [string, number, string][] = [
    ['/', 200, '<p>home'],
    ['/?x=1', 200, '<p>home'],
    ['/about', 200, 'about'],
    ['/docs/', 200, 'docs'],
    ['/nope', 404, 'lost'],
    ['/.env', 404, 'lost'],
    ['/link.txt', 404, 'lost'],
    ['/../outside.txt', 404, 'lost'],
    ['/%2e%2e/outside.txt', 404, 'lost'],
    ['/..%2foutside.txt', 404, 'lost'],
    ['/%00', 404, 'lost'],
    ['/%zz', 404, 'lost'],
  ]
  for (const [path, status, body] of cases)
    it(`${path}: ${status}`, async () => expect(await get(path)).to.include({ status, body }))

  it('redirects a folder to its slash', async () =>
    expect(await get('/docs?a=1')).to.include({ status: 301, location: '/docs/?a=1' }))
  it('knows types, ranges, validators and HEAD', async () => {
    const whole = await get('/style.css')
    expect(whole.type).to.equal('text/css; charset=utf-8')
    expect(await get('/style.css', { range: 'bytes=2-4' })).to.include({ status: 206, body: '234' })
    expect(await get('/style.css', { 'if-none-match': whole.etag })).to.include({ status: 304 })
    expect(await get('/style.css', {}, 'HEAD')).to.include({ status: 200, body: '' })
    expect(await get('/style.css', {}, 'POST')).to.include({ status: 405 })
  })
})
