/** Ends the containers of all pods when the node stops for good, as kubelet's graceful node shutdown does, but so that the pods go on at the next start. */
import { sleep } from '@slipway/core/observe'
import { cgroupParentOf } from './container-spec.ts'
import type { NodeServices } from './node-services.ts'
import { bundleDir, publicId } from './paths.ts'
import { recordWriter } from './pod-record.ts'
import type { PodWorker } from './pod-worker.ts'

const shutdown = { reason: 'NodeShutdown', message: 'The container was ended because Slipway was stopped' }

/** @param workers stopped ones */
export async function endAll(workers: PodWorker[], services: NodeServices, graceMs: number): Promise<void> {
  const { runtime, network, clock, log } = services
  const present = (await runtime.list()).filter(c => c.phase !== 'stopped').map(c => c.id)
  const left = new Set(present)
  const ended = new Promise<void>(resolve => {
    const stop = runtime.onExit(id => {
      left.delete(id)
      if (left.size) return
      stop()
      resolve()
    })
  })
  await Promise.allSettled(present.map(id => runtime.kill(id, 'SIGTERM')))
  if (left.size) await Promise.race([ended, sleep(clock, graceMs)])

  await Promise.all(
    workers.map(async ({ record, podDir }) => {
      const { state, pod } = record
      for (const c of Object.values(state.containers)) {
        if (!c.id || (c.phase !== 'running' && c.phase !== 'starting')) continue
        await runtime
          .delete(c.id, bundleDir(podDir, c.id))
          .catch(error => log.warn({ err: error }, 'a container could not be removed'))
        if (c.ended) c.last = c.ended
        // 137, whatever it said when asked to end: it was not done, so OnFailure starts it again.
        c.ended = {
          id: publicId(runtime.name, c.id),
          exitCode: 137,
          ...shutdown,
          ...(c.startedAt !== undefined && { startedAt: c.startedAt }),
          finishedAt: clock.now(),
        }
        Object.assign(c, { phase: 'exited', started: false, ready: false })
        delete c.crash
        delete c.stopping
      }
      if (state.network) await network.release(state.network)
      delete state.network
      if (state.sandbox !== 'removed') state.sandbox = 'none'
      await runtime.forget(cgroupParentOf(pod))
      await recordWriter(podDir).save(record)
    }),
  )
}
