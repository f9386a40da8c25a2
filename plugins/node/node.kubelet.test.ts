import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { isReady, kubeletToken, missingForContainers, type NodeFixture, nodeFixture, shell } from './testing/node-fixture.ts'

const authorization = `Bearer ${kubeletToken}`

describe('node: logs, exec, attach and port-forward', function () {
  this.timeout(30_000)
  let fixture: NodeFixture
  let podIP: string
  const base = () => `127.0.0.1:${fixture.node.kubelet.port}`
  const get = (path: string) => fetch(`http://${base()}${path}`, { headers: { authorization } })

  before(async function () {
    const missing = missingForContainers()
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    fixture = await nodeFixture()
    const script =
      'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; mkdir -p /tmp/www; echo page > /tmp/www/index.html; httpd -p 8080 -h /tmp/www; httpd -p 127.0.0.1:9090 -h /tmp/www; while read line; do echo "got $line"; done; echo over; exit 4'
    const pod = await fixture.run(
      'talks',
      {
        restartPolicy: 'Never',
        containers: [shell('main', script, { stdin: true, readinessProbe: { tcpSocket: { port: 8080 as never } } })],
      },
      isReady,
    )
    podIP = pod.status!.podIP!
  })
  after(() => fixture?.destroy())

  /** Talks over channels until the other side closes; gives what came on each. */
  async function talk(
    path: string,
    send: (socket: WebSocket) => void,
    until?: (channels: string[], socket: WebSocket) => boolean,
  ): Promise<string[]> {
    const socket = new WebSocket(`ws://${base()}${path}`, ['v5.channel.k8s.io'], { headers: { authorization } })
    const channels: string[] = []
    return new Promise((resolve, reject) => {
      socket.on('open', () => send(socket))
      socket.on('message', (data: Buffer) => {
        channels[data[0]!] = (channels[data[0]!] ?? '') + data.toString('utf8', 1)
        if (until?.(channels, socket)) socket.close()
      })
      socket.on('close', () => resolve(channels))
      socket.on('error', reject)
    })
  }

  it('lets nobody in without the token', async () => {
    expect((await fetch(`http://${base()}/pods`)).status).to.equal(401)
    expect((await fetch(`http://${base()}/healthz`)).status).to.equal(200)
  })

  for (const { name, query, want } of [
    { name: 'all', query: '', want: 'one\ntwo\nthree\n' },
    { name: 'the end', query: '?tailLines=1', want: 'three\n' },
    { name: 'nothing of it', query: '?tailLines=0', want: '' },
    { name: 'so many bytes', query: '?limitBytes=5', want: 'one\nt' },
    { name: 'the future', query: '?sinceTime=2999-01-01T00:00:00Z', want: '' },
    { name: 'one stream', query: '?stream=Stderr', want: 'two\n' },
  ])
    it(`gives the log: ${name}`, async () =>
      expect(await (await get(`/containerLogs/demo/talks/main${query}`)).text()).to.equal(want))

  it('gives times, follows', async () => {
    expect(await (await get('/containerLogs/demo/talks/main?timestamps=true&tailLines=1')).text()).to.match(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\S+ three\n$/,
    )
    const answer = await get('/containerLogs/demo/talks/main?follow=true&tailLines=1')
    const reader = answer.body!.getReader()
    expect(Buffer.from((await reader.read()).value!).toString()).to.equal('three\n')
    await reader.cancel()
  })

  it('has kubelet’s words for what is not there', async () => {
    const absent = await get('/containerLogs/demo/talks/nope')
    expect([absent.status, await absent.text()]).to.deep.equal([404, 'container "nope" not found in pod "talks"'])
    const previous = await get('/containerLogs/demo/talks/main?previous=true')
    expect([previous.status, await previous.text()]).to.deep.equal([
      400,
      'previous terminated container "main" in pod "talks" not found',
    ])
  })

  it('runs a program with its streams and exit code', async () => {
    const channels = await talk(
      '/exec/demo/talks/main?command=sh&command=-c&command=cat;echo%20err%20%3E%262;exit%203&input=1&output=1&error=1',
      socket => {
        socket.send(Buffer.from('\0hello'))
        socket.send(Buffer.from([255, 0]))
      },
    )
    expect(channels.slice(1, 3)).to.deep.equal(['hello', 'err\n'])
    expect(JSON.parse(channels[3]!)).to.deep.include({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
  })

  it('gives a terminal, with its size', async () => {
    const script = 'while test "$(stty size)" != "33 99"; do sleep 0.05; done; echo sized; read x; echo got $x'
    let typed = false
    const channels = await talk(
      `/exec/demo/talks/main?command=sh&command=-c&command=${encodeURIComponent(script)}&input=1&output=1&tty=1`,
      socket => {
        socket.send(Buffer.concat([Buffer.from([4]), Buffer.from(JSON.stringify({ Width: 99, Height: 33 }))]))
      },
      (all, socket) => {
        if (!typed && all[1]?.includes('sized')) {
          typed = true
          socket.send(Buffer.from('\0text\r'))
        }
        return false
      },
    )
    expect(channels[1]).to.contain('got text')
    expect(JSON.parse(channels[3]!)).to.deep.equal({ metadata: {}, status: 'Success' })
  })

  it('forwards ports, also of what listens on the pod’s loopback only', async () => {
    for (const port of [8080, 9090]) {
      const channels = await talk(
        `/portForward/demo/talks?port=${port}`,
        socket => socket.send(Buffer.from('\0GET /index.html HTTP/1.0\r\n\r\n')),
        all => all[0]?.includes('page') ?? false,
      )
      expect(channels[0], String(port)).to.contain('200 OK').and.to.contain('page')
    }
    expect(podIP).to.match(/^10\.201\./)
  })

  it('says what pods use', async () => {
    const { pods } = (await (await get('/stats/summary')).json()) as {
      pods: { podRef: { name: string }; containers: { memory: { workingSetBytes: number } }[] }[]
    }
    expect(pods[0]!.podRef.name).to.equal('talks')
    expect(pods[0]!.containers[0]!.memory.workingSetBytes).to.be.greaterThan(0)
  })

  it('attaches to the main process', async function () {
    try {
      execFileSync('perl', ['-MSocket', '-e', '1'])
    } catch {
      console.log('      skipped: perl is not installed')
      return this.skip()
    }
    const channels = await talk(
      '/attach/demo/talks/main?input=1&output=1&error=1',
      socket => socket.send(Buffer.from('\0line\n')),
      all => all[1]?.includes('got line') ?? false,
    )
    expect(channels[1]).to.contain('got line')
  })
})
