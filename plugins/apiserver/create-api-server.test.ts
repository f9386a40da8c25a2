import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isStatus, type KubeObject, k8s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import { expect } from 'chai'
import { type ApiServer, createApiServer } from './create-api-server.ts'

type Client = ReturnType<typeof connectApi>
const configMap = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...(labels && { labels }) },
    data,
  }) as k8s.ConfigMap
const reason = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    error => (isStatus(error) ? `${error.code} ${error.reason}` : String(error)),
  )

describe('the API server', function () {
  this.timeout(20_000)
  let dir: string
  let server: ApiServer
  let api: Client
  const start = async () => {
    server = await createApiServer({ dataDir: dir, kubeconfig: join(dir, 'kubeconfig'), socketPath: join(dir, 'api.sock') })
    api = connectApi(server.connection, { userAgent: 'test/1' })
  }
  const stop = async () => {
    await api.close()
    await server.close()
  }
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-apiserver-'))
    await start()
  })
  after(async () => {
    await stop()
    await rm(dir, { recursive: true, force: true })
  })

  describe('trust', () => {
    it('refuses those without a token, and with another', async () => {
      for (const token of [undefined, 'x', 'a.b.c']) {
        const stranger = connectApi({ ...server.connection, ...(token === undefined ? { token: '' } : { token }) })
        expect(await reason(stranger.list(k8s.Namespace))).to.equal('401 Unauthorized')
        await stranger.close()
      }
    })
    it('lets a service account ask who it is, and nothing else', async () => {
      await api.create(k8s.ServiceAccount, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'bob', namespace: 'default' },
      } as k8s.ServiceAccount)
      const answer = await api.raw('POST', '/api/v1/namespaces/default/serviceaccounts/bob/token', {
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      })
      const { status } = (await answer.json()) as { status: { token: string } }
      const bob = connectApi({ ...server.connection, token: status.token })
      expect(await reason(bob.list(k8s.Secret, { namespace: 'default' }))).to.equal('403 Forbidden')
      const self = await bob.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {} })
      expect(await self.json()).to.have.nested.property('status.userInfo.username', 'system:serviceaccount:default:bob')
      await bob.close()
    })
    it('keeps its secrets to its owner', async () => {
      for (const file of [
        'kubeconfig',
        'token',
        'kubelet.token',
        'ca.key',
        'server.key',
        'api.sock',
        'objects.db',
        'objects.db-wal',
      ])
        expect((await stat(join(dir, file))).mode & 0o077, file).to.equal(0)
      expect(await readFile(join(dir, 'kubeconfig'), 'utf8')).to.include(server.connection.url)
    })
    it('answers on its unix socket too', async () => {
      const local = connectApi(server.localConnection!)
      expect((await local.list(k8s.Namespace)).items.map(n => n.metadata.name)).to.include('default')
      await local.close()
    })
  })

  it('keeps objects, tokens and the version over a restart', async () => {
    const made = await api.create(k8s.ConfigMap, configMap('kept', { a: '1' }))
    const { token } = server.connection
    await stop()
    await start()
    expect(await api.get(k8s.ConfigMap, { namespace: 'default', name: 'kept' })).to.deep.equal(made)
    expect(server.connection.token).to.equal(token)
    const next = await api.create(k8s.ConfigMap, configMap('next'))
    expect(Number(next.metadata.resourceVersion)).to.be.greaterThan(Number(made.metadata.resourceVersion))
  })

  it('lets one of many updates of the same version win', async () => {
    const made = await api.create(k8s.ConfigMap, configMap('contended'))
    const tries = Array.from({ length: 20 }, (_, i) => reason(api.update(k8s.ConfigMap, { ...made, data: { i: String(i) } })))
    const results = await Promise.all(tries)
    expect(results.filter(r => r === 'accepted')).to.have.length(1)
    expect(results.filter(r => r === '409 Conflict')).to.have.length(19)
  })

  it('creates nothing twice', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => reason(api.create(k8s.ConfigMap, configMap('once')))))
    expect(results.filter(r => r === 'accepted')).to.have.length(1)
    expect(results.filter(r => r === '409 AlreadyExists')).to.have.length(9)
  })

  it('pages through a moment while objects come and go', async () => {
    const namespace = 'kube-public'
    const put = (name: string) =>
      api.create(k8s.Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } } as k8s.Secret)
    for (const name of ['a', 'b', 'c', 'd', 'e']) await put(name)
    const first = await api.list(k8s.Secret, { namespace, limit: 2 })
    await api.delete(k8s.Secret, { namespace, name: 'd' })
    await put('bb')
    const second = await api.list(k8s.Secret, { namespace, limit: 2, continue: first.metadata.continue! })
    const third = await api.list(k8s.Secret, { namespace, limit: 2, continue: second.metadata.continue! })
    expect([first, second, third].flatMap(l => l.items.map(i => i.metadata.name))).to.deep.equal(['a', 'b', 'c', 'd', 'e'])
    expect(first.metadata.remainingItemCount).to.equal(3)
    expect(third.metadata.continue).to.equal(undefined)
  })

  describe('watch', () => {
    const namespace = 'kube-system'
    const put = (name: string, labels?: Record<string, string>) =>
      api.create(k8s.ConfigMap, { ...configMap(name, {}, labels), metadata: { name, namespace, ...(labels && { labels }) } })
    /** The events up to the first of an object named `end`. */
    async function events(
      options: { resourceVersion?: string; labels?: string },
      during: () => Promise<unknown>,
    ): Promise<string[]> {
      const stop = new AbortController()
      const seen: string[] = []
      const stream = api.watch(k8s.ConfigMap, { namespace, ...options, signal: stop.signal })
      const reading = (async () => {
        for await (const { type, object } of stream) {
          if (object.metadata.name === 'end') break
          if (type !== 'BOOKMARK') seen.push(`${type} ${object.metadata.name}`)
        }
      })()
      await during()
      await put('end', { x: '1' })
      await reading
      stop.abort()
      await api.delete(k8s.ConfigMap, { namespace, name: 'end' })
      return seen
    }
    const relabel = (name: string, labels: Record<string, string | null>) =>
      api.patch(k8s.ConfigMap, { namespace, name }, 'merge', { metadata: { labels } })

    it('resumes after a version, missing nothing', async () => {
      const made = await put('w1')
      await relabel('w1', { y: '1' })
      const seen = await events({ resourceVersion: made.metadata.resourceVersion! }, async () => {
        await relabel('w1', { y: '2' })
        await api.delete(k8s.ConfigMap, { namespace, name: 'w1' })
      })
      expect(seen).to.deep.equal(['MODIFIED w1', 'MODIFIED w1', 'DELETED w1'])
    })
    it('begins with what is there when no version is given', async () => {
      // Before `end` in the order of names, as that may be there already when the watch begins.
      await put('a2')
      expect(await events({}, async () => {})).to.include('ADDED a2')
    })
    it('shows a selection only, objects moving in and out of it', async () => {
      const { metadata } = await put('w3')
      const seen = await events({ labels: 'x=1', resourceVersion: metadata.resourceVersion! }, async () => {
        await relabel('w3', { x: '1' })
        await relabel('w3', { y: '1' })
        await relabel('w3', { x: '2' })
        await relabel('w3', { y: '2' })
      })
      expect(seen).to.deep.equal(['ADDED w3', 'MODIFIED w3', 'DELETED w3'])
    })
    it('says when the initial events are over', async () => {
      const answer = await api.raw(
        'GET',
        `/api/v1/namespaces/${namespace}/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`,
      )
      const lines = (await answer.text())
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { type: string; object: KubeObject })
      const bookmark = lines.find(({ type }) => type === 'BOOKMARK')
      expect(bookmark?.object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' })
    })
  })

  describe('what a kubelet answers', () => {
    let kubelet: Server
    const asked: string[] = []
    before(async () => {
      kubelet = createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization === `Bearer ${server.kubeletToken}`}`)
        response.end('line 1\nline 2\n')
      })
      kubelet.on('upgrade', (request, socket) => {
        asked.push(request.url!)
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
        socket.on('data', data => socket.write(`echo ${data}`))
        socket.on('end', () => socket.end())
      })
      kubelet.listen(0, '127.0.0.1')
      await once(kubelet, 'listening')
      const { port } = kubelet.address() as AddressInfo
      const node = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        status: {
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
        },
      }
      await api.create(k8s.Node, node as unknown as k8s.Node)
      await api.updateStatus(k8s.Node, node as unknown as k8s.Node)
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'default' },
        spec: { containers: [{ name: 'main', image: 'x' }] },
      }
      await api.create(k8s.Pod, pod as unknown as k8s.Pod)
      await api.raw('POST', '/api/v1/namespaces/default/pods/p/binding', {
        body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } },
      })
    })
    after(() => {
      kubelet.closeAllConnections()
      kubelet.close()
    })

    it('are logs, streamed', async () => {
      const answer = await api.raw('GET', '/api/v1/namespaces/default/pods/p/log?tailLines=2&follow=true')
      expect(await answer.text()).to.equal('line 1\nline 2\n')
      expect(asked.pop()).to.equal('/containerLogs/default/p/main?follow=true&tailLines=2 true')
    })
    it('is exec, passed through', async () => {
      const { url, ca, token } = server.connection
      const outgoing = httpsRequest(`${url}/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdin=true&stdout=true`, {
        ca: ca!,
        headers: { authorization: `Bearer ${token}`, connection: 'Upgrade', upgrade: 'websocket' },
      })
      outgoing.end()
      const [, socket] = await once(outgoing, 'upgrade')
      socket.write('hello')
      const [data] = await once(socket, 'data')
      expect(String(data)).to.equal('echo hello')
      expect(asked.pop()).to.equal('/exec/default/p/main?input=1&output=1&command=ls&command=-l')
      socket.destroy()
    })
    it('takes no upgrade from strangers', async () => {
      const outgoing = httpRequest({
        socketPath: join(dir, 'api.sock'),
        path: '/api/v1/namespaces/default/pods/p/exec?command=ls',
        headers: { connection: 'Upgrade', upgrade: 'websocket' },
      })
      outgoing.end()
      const [response] = await once(outgoing, 'response')
      expect(response.statusCode).to.equal(401)
      response.destroy()
    })
    it('waits for a pod on a node to end before it is gone', async () => {
      await api.delete(k8s.Pod, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 5 })
      const { metadata } = await api.get(k8s.Pod, { namespace: 'default', name: 'p' })
      expect(metadata.deletionGracePeriodSeconds).to.equal(5)
      await api.delete(k8s.Pod, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
      expect(await api.find(k8s.Pod, { namespace: 'default', name: 'p' })).to.equal(undefined)
    })
  })

  describe('bad requests', () => {
    const raw = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
      const { url, ca, token } = server.connection
      const outgoing = httpsRequest(url + path, {
        method,
        ca: ca!,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      })
      outgoing.end(body)
      const [response] = await once(outgoing, 'response')
      response.resume()
      return response.statusCode as number
    }
    const cases: [string, string, string, string | undefined, number][] = [
      [
        'too large a body',
        'POST',
        '/api/v1/namespaces/default/configmaps',
        JSON.stringify({ data: { x: 'x'.repeat(3.2e6) } }),
        413,
      ],
      ['no JSON', 'POST', '/api/v1/namespaces/default/configmaps', '{"a"', 400],
      ['an unknown namespace', 'POST', '/api/v1/namespaces/none/configmaps', '{"metadata":{"name":"a"}}', 404],
      ['a path with a bad escape', 'GET', '/api/v1/namespaces/%zz/configmaps', undefined, 404],
      [
        'a deeply nested body',
        'POST',
        '/api/v1/namespaces/default/configmaps',
        `{"metadata":{"name":"a"},"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
        201,
      ],
    ]
    for (const [name, method, path, body, want] of cases)
      it(`${name}: ${want}`, async () => expect(await raw(method, path, body)).to.equal(want))
    it('another media type: 415', async () =>
      expect(await raw('POST', '/api/v1/namespaces/default/configmaps', 'x', { 'content-type': 'text/plain' })).to.equal(415))
  })

  it('serves the stock kubectl', async function () {
    const run = promisify(execFile)
    const env = { ...process.env, KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir }
    const kubectl = async (...args: string[]) => (await run('kubectl', args, { env })).stdout
    if (!(await run('kubectl', ['version', '--client']).catch(() => undefined))) {
      console.log('      kubectl is not on PATH: its session is skipped')
      return this.skip()
    }
    this.timeout(60_000)
    expect(await kubectl('create', 'configmap', 'k', '--from-literal=a=1')).to.equal('configmap/k created\n')
    expect(await kubectl('get', 'cm', 'k', '-o', 'jsonpath={.data.a}')).to.equal('1')
    expect(await kubectl('patch', 'cm', 'k', '-p', '{"data":{"b":"2"}}')).to.equal('configmap/k patched\n')
    expect(await kubectl('label', 'cm', 'k', 'x=y')).to.equal('configmap/k labeled\n')
    expect(await kubectl('create', 'deployment', 'web', '--image=app:1')).to.equal('deployment.apps/web created\n')
    expect(await kubectl('scale', 'deployment', 'web', '--replicas=3')).to.equal('deployment.apps/web scaled\n')
    expect(await kubectl('get', 'deployments')).to.match(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/3/)
    expect(await kubectl('delete', 'cm', 'k', '--wait=true')).to.equal('configmap "k" deleted\n')
  })
})
