import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { cleanUp } from './clean-up.ts'
import { mountsBelow } from './host/mounts.ts'
import { writeLayout } from './testing/layout.ts'
import {
  busyboxImage,
  isReady,
  missingForContainers,
  type NodeFixture,
  nodeFixture,
  podOf,
  shell,
  statusOf,
} from './testing/node-fixture.ts'

const forever = 'trap "exit 0" TERM; while true; do sleep 0.1; done'
/** Containers that the runtime has, by id. */
const containersIn = (dataDir: string): { id: string; pid: number; status: string }[] =>
  JSON.parse(execFileSync('runc', ['--root', join(dataDir, 'run', 'oci'), 'list', '-f', 'json'], { encoding: 'utf8' })) ?? []

describe('node: restarts', function () {
  this.timeout(60_000)
  before(function () {
    const missing = missingForContainers()
    if (!missing) return
    console.log(`      skipped: ${missing}`)
    this.skip()
  })

  describe('in order', () => {
    let fixture: NodeFixture
    before(async () => {
      fixture = await nodeFixture()
    })
    after(() => fixture?.destroy())

    it('takes running containers over, and tells of those that ended meanwhile', async () => {
      const dataDir = join(fixture.dataDir, 'node')
      await fixture.run('stays', { containers: [shell('main', forever)] }, isReady)
      await fixture.run(
        'ends',
        { restartPolicy: 'Never', containers: [shell('main', 'while ! test -f /tmp/go; do sleep 0.05; done; exit 9')] },
        isReady,
      )
      const before = containersIn(dataDir)
      const ending = fixture.node.pods.find('demo', 'ends')!.record.state.containers.main!
      await fixture.node.stop()
      execFileSync('runc', ['--root', join(dataDir, 'run', 'oci'), 'exec', ending.id!, 'touch', '/tmp/go'])
      await fixture.restart()
      const ended = await fixture.api.until(k8s.Pod, 'demo/ends', p => p?.status?.phase === 'Failed')
      expect(statusOf(ended, 'main').state?.terminated).to.include({ exitCode: 9, reason: 'Error' })
      const stays = await fixture.api.until(k8s.Pod, 'demo/stays', p => p !== undefined && isReady(p))
      expect(statusOf(stays, 'main').restartCount).to.equal(0)
      const kept = before.find(c => c.id !== ending.id)!
      expect(containersIn(dataDir).map(c => [c.id, c.pid])).to.deep.equal([[kept.id, kept.pid]])
      await fixture.remove('stays')
      await fixture.remove('ends')
    })

    it('removes what belongs to a pod that was deleted meanwhile', async () => {
      const dataDir = join(fixture.dataDir, 'node')
      await fixture.run('gone', { containers: [shell('main', forever)] }, isReady)
      await fixture.node.stop()
      await fixture.api.delete(k8s.Pod, { namespace: 'demo', name: 'gone' }, { gracePeriodSeconds: 0 })
      await fixture.restart()
      await fixture.api.until(k8s.Pod, 'demo/none', () => true)
      for (let i = 0; containersIn(dataDir).length && i < 200; i++) await new Promise(resolve => setTimeout(resolve, 25))
      expect(containersIn(dataDir)).to.deep.equal([])
    })
  })

  it('ends containers when it is stopped in order, and goes on with the pods at the next start', async () => {
    const fixture = await nodeFixture({ settings: { keepOnStop: false } })
    try {
      const dataDir = join(fixture.dataDir, 'node')
      await fixture.run('serves', { containers: [shell('main', forever)] }, isReady)
      await fixture.run('works', { restartPolicy: 'Never', containers: [shell('main', forever)] }, isReady)
      await fixture.node.stop()
      expect(containersIn(dataDir)).to.deep.equal([])
      expect(mountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), dataDir)).to.deep.equal([])
      await fixture.restart()
      const serves = await fixture.api.until(
        k8s.Pod,
        'demo/serves',
        p => p !== undefined && isReady(p) && statusOf(p, 'main').restartCount === 1,
      )
      expect(statusOf(serves, 'main').lastState?.terminated).to.include({ reason: 'NodeShutdown', exitCode: 137 })
      await fixture.api.until(k8s.Pod, 'demo/works', p => p?.status?.phase === 'Failed')
    } finally {
      await fixture.destroy()
    }
  })

  it('converges after SIGKILL at any moment, and never doubles a container', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
    const dataDir = join(dir, 'node')
    writeLayout(join(dir, 'layout'), [await busyboxImage()])
    // Each run leaves a mark in a file that outlives it, so that a second one would show.
    const pods = ['a', 'b', 'c'].map((name, i): k8s.Pod => {
      const pod = podOf(name, {
        volumes: [{ name: 'work', emptyDir: {} }],
        containers: [
          shell('main', `echo run >> /work/runs; ${forever}`, { volumeMounts: [{ name: 'work', mountPath: '/work' }] }),
        ],
      })
      return {
        ...pod,
        metadata: { ...pod.metadata, uid: `11111111-0000-4000-8000-00000000000${i}` },
        spec: { ...pod.spec, nodeName: 'test-node' },
      }
    })
    const child = fixtureChild(dataDir, join(dir, 'layout'), pods)
    let running: ChildProcess | undefined
    try {
      // Before it is up (taking over), as it comes up (starting pods), and when all is in order.
      const moments = [
        ...[100, 250, 400].map(ms => ({ of: 'start', ms })),
        ...[0, 30, 60, 100].map(ms => ({ of: 'up', ms })),
        ...[250].map(ms => ({ of: 'start', ms })),
      ]
      for (const { of, ms } of moments) {
        running = child()
        if (of === 'up') await upOf(running)
        await new Promise(resolve => setTimeout(resolve, ms))
        const gone = new Promise(resolve => running!.once('exit', resolve))
        running.kill('SIGKILL')
        await gone
      }
      running = child()
      const ready = new Set<string>()
      for await (const line of createInterface({ input: running.stdout! })) {
        const { pod } = JSON.parse(line) as { pod?: k8s.Pod }
        if (pod && isReady(pod)) ready.add(pod.metadata.name)
        if (ready.size === pods.length) break
      }
      expect(containersIn(dataDir).map(c => c.status)).to.deep.equal(['running', 'running', 'running'])
      for (const { metadata } of pods) {
        const file = join(dataDir, 'pods', metadata.uid!, 'volumes', 'work', 'runs')
        expect(readFileSync(file, 'utf8').trim().split('\n'), metadata.name).to.deep.equal(['run'])
      }
    } finally {
      const gone = running && running.exitCode === null && new Promise(resolve => running!.once('exit', resolve))
      running?.kill('SIGKILL')
      await gone
      await cleanUp(dataDir)
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

const fixtureChild = (dataDir: string, layout: string, pods: k8s.Pod[]) => (): ChildProcess => {
  const script = new URL('./testing/node-child.fixture.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, dataDir, layout], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin!.end(`${JSON.stringify({ pods })}\n`)
  return child
}

/** Resolves when the node in the child says that it is up. */
const upOf = (child: ChildProcess) =>
  new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the node ended with ${code}`)))
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.includes('"up"')) resolve()
    })
  })
