import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect } from 'chai'
import { ConfigMap } from '../api/builtin.ts'
import { isStatus } from '../api/status-error.ts'
import { connectApi } from './http-api.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server that answers as a test says, and the client of it. */
async function serving(handler: Handler) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => handler(request, response, body))
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const api = connectApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret' })
  const stop = async () => {
    await api.close()
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
  return { api, stop, sockets }
}
const json = (response: ServerResponse, code: number, value: unknown, headers = {}) =>
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
const ref = { namespace: 'demo', name: 'a' }
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref }

describe('API client', () => {
  const writes = [
    {
      name: 'create',
      run: (api: ReturnType<typeof connectApi>) => api.create(ConfigMap, object),
      method: 'POST',
      url: '/api/v1/namespaces/demo/configmaps',
      type: 'application/json',
    },
    {
      name: 'update',
      run: (api: ReturnType<typeof connectApi>) => api.update(ConfigMap, object),
      method: 'PUT',
      url: '/api/v1/namespaces/demo/configmaps/a',
      type: 'application/json',
    },
    {
      name: 'status',
      run: (api: ReturnType<typeof connectApi>) => api.updateStatus(ConfigMap, object),
      method: 'PUT',
      url: '/api/v1/namespaces/demo/configmaps/a/status',
      type: 'application/json',
    },
    {
      name: 'merge patch',
      run: (api: ReturnType<typeof connectApi>) => api.patch(ConfigMap, ref, 'merge', {}),
      method: 'PATCH',
      url: '/api/v1/namespaces/demo/configmaps/a',
      type: 'application/merge-patch+json',
    },
    {
      name: 'apply',
      run: (api: ReturnType<typeof connectApi>) => api.apply(ConfigMap, object, { fieldManager: 'm' }),
      method: 'PATCH',
      url: '/api/v1/namespaces/demo/configmaps/a?fieldManager=m&force=true',
      type: 'application/apply-patch+yaml',
    },
  ]
  for (const { name, run, method, url, type } of writes)
    it(`${name}: ${method} ${url}`, async () => {
      let seen: unknown
      const { api, stop } = await serving((request, response) => {
        seen = {
          method: request.method,
          url: request.url,
          type: request.headers['content-type'],
          authorization: request.headers.authorization,
        }
        json(response, 200, object)
      })
      await run(api)
      expect(seen).to.deep.equal({ method, url, type, authorization: 'Bearer secret' })
      await stop()
    })

  const failures = [
    {
      name: 'a Status',
      code: 409,
      body: { kind: 'Status', code: 409, reason: 'Conflict', message: 'stale' },
      reason: 'Conflict',
      message: 'stale',
    },
    { name: 'text of a proxy', code: 502, body: 'bad gateway', reason: 'InternalError', message: '"bad gateway"' },
    { name: 'nothing', code: 404, body: '', reason: 'NotFound', message: '""' },
  ]
  for (const { name, code, body, reason, message } of failures)
    it(`turns ${name} with ${code} into a StatusError of reason ${reason}`, async () => {
      const { api, stop } = await serving((_, response) => json(response, code, body))
      const error = await api.get(ConfigMap, ref).catch(e => e)
      expect(isStatus(error)).to.equal(true)
      expect(error).to.include({ code, reason, message })
      await stop()
    })

  it('finds nothing where there is nothing', async () => {
    const { api, stop } = await serving((_, response) =>
      json(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', message: 'no' }),
    )
    expect(await api.find(ConfigMap, ref)).to.equal(undefined)
    await stop()
  })

  it('tries again when it is told to come back later', async () => {
    let calls = 0
    const { api, stop } = await serving((_, response) =>
      ++calls === 1 ? json(response, 429, {}, { 'retry-after': '0' }) : json(response, 200, object),
    )
    expect(await api.get(ConfigMap, ref)).to.deep.equal(object)
    expect(calls).to.equal(2)
    await stop()
  })

  it('replaces a connection that the server closed while it was idle', async () => {
    const { api, stop, sockets } = await serving((_, response) => json(response, 200, object))
    await api.get(ConfigMap, ref)
    for (const socket of sockets) socket.resetAndDestroy()
    expect(await api.get(ConfigMap, ref)).to.deep.equal(object)
    await stop()
  })

  it('says that the server cannot be reached', async () => {
    const { api, stop } = await serving(() => {})
    await stop()
    expect(await api.get(ConfigMap, ref).catch(e => e.reason)).to.equal('ServiceUnavailable')
  })

  it('watches line by line, and drops a line that was cut off', async () => {
    const event = (type: string, name: string) => JSON.stringify({ type, object: { ...object, metadata: { name } } })
    const { api, stop } = await serving((_, response) => {
      response.write(`${event('ADDED', 'a')}\n${event('MOD', 'x').slice(0, 5)}`)
      response.write(`${event('MOD', 'x').slice(5)}\n{"type":"ADD`)
      setImmediate(() => response.end())
    })
    const seen: string[] = []
    for await (const { type, object } of api.watch(ConfigMap, { signal: new AbortController().signal }))
      seen.push(`${type} ${object.metadata.name}`)
    expect(seen).to.deep.equal(['ADDED a', 'MOD x'])
    await stop()
  })

  it('ends a watch by its signal, quietly', async () => {
    const stopping = new AbortController()
    const { api, stop } = await serving((_, response) => void response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`))
    for await (const { type } of api.watch(ConfigMap, { signal: stopping.signal })) {
      expect(type).to.equal('ADDED')
      stopping.abort()
    }
    await stop()
  })

  it('turns an ERROR event into a StatusError', async () => {
    const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
    const { api, stop } = await serving((_, response) => response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`))
    const watching = async () => {
      for await (const _ of api.watch(ConfigMap, { signal: new AbortController().signal }));
    }
    expect(await watching().catch(e => e)).to.include({ code: 410, reason: 'Expired' })
    await stop()
  })
})
