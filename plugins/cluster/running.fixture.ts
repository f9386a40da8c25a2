/** For tests: reconcilers running on an API server in memory, and stand-ins for what nodes do to pods. */
import { type KubeObject, k8s } from '@slipway/core/api'
import { createInformers } from '@slipway/core/client'
import { rfc3339, silentLog } from '@slipway/core/observe'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { type FakeApi, type FakeClock, fakeApi, fakeClock } from '@slipway/core/testing'

export interface Running {
  api: FakeApi
  clock: FakeClock
  /** Lets everything happen that happens without time passing. */
  settle(): Promise<void>
  /** Moves time on, then settles. */
  later(ms: number): Promise<void>
  pods(): k8s.Pod[]
  /** What a kubelet would write: phase, readiness, an exit code of the first container. */
  setPod(
    name: string,
    phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed',
    extra?: { ready?: boolean; exitCode?: number },
  ): Promise<void>
  /** `Normal Created: text` of each Event so far. */
  events(): string[]
  stop(): Promise<void>
}

export function running(reconcilers: Reconciler[], ...objects: KubeObject[]): Running {
  const api = fakeApi(...objects)
  const clock = fakeClock()
  const stopping = new AbortController()
  const informers = createInformers({ api, log: silentLog, signal: stopping.signal, clock })
  const controllers = startControllers(reconcilers, { api, informers, log: silentLog, clock })
  const turn = async (turns: number) => {
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
  }
  const settle = async () => {
    let quiet = 0
    for (let i = 0; i < 2000 && quiet < 8; i++) {
      await turn(1)
      quiet = controllers.isIdle() ? quiet + 1 : 0
    }
  }
  return {
    api,
    clock,
    settle,
    async later(ms) {
      await settle()
      await clock.advance(ms)
      await settle()
    },
    pods: () => api.all('Pod') as k8s.Pod[],
    async setPod(name, phase, { ready = phase === 'Running', exitCode } = {}) {
      const pod = (api.all('Pod') as k8s.Pod[]).find(p => p.metadata.name === name)!
      const now = rfc3339(clock.now())
      const terminated = { exitCode: exitCode ?? 0, finishedAt: now }
      const status = {
        phase,
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now }],
        ...(exitCode !== undefined && { containerStatuses: [{ name: 'main', restartCount: 0, state: { terminated } }] }),
      }
      await api.patch(k8s.Pod, pod.metadata, 'merge', { status }, { subresource: 'status' })
      await settle()
    },
    events: () => (api.all('Event') as k8s.CoreEvent[]).map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    async stop() {
      stopping.abort()
      await controllers.stop()
    },
  }
}
