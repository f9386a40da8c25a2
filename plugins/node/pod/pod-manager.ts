/** All pods of this node: one worker each, told of what changes in the API and in the runtime. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type k8s, keyOf } from '@slipway/core/api'
import type { ChangeType } from '@slipway/core/client'
import { runCommand } from '../runtime/run-command.ts'
import { adoptRecord } from './adopt.ts'
import { endAll } from './end-all.ts'
import type { NodeServices } from './node-services.ts'
import { bundleDir } from './paths.ts'
import { readRecords } from './pod-record.ts'
import { newRecord, type PodWorker, startPodWorker } from './pod-worker.ts'

export interface PodManager {
  /** A pod bound to this node appeared, changed, or is no more. */
  changed(type: ChangeType, pod: k8s.Pod): void
  /** The API's list is complete: pods that we know and it does not are gone. */
  synced(uids: ReadonlySet<string>): void
  find(namespace: string, name: string): PodWorker | undefined
  all(): PodWorker[]
  /** Brings volumes up to date and looks for containers that ended unseen. */
  refresh(): Promise<void>
  /** Images in use, by digest. */
  imagesInUse(): Set<string>
  /** Stops working; containers run on. */
  stop(): Promise<void>
  /** After stop: ends all containers and takes their network; the records say so, and the next start goes on from there. */
  endAll(graceMs: number): Promise<void>
}

/** Takes over what the last run left, and removes what belongs to no pod. */
export async function startPodManager(services: NodeServices): Promise<PodManager> {
  const { runtime, network, podsDir, clock, log } = services
  const workers = new Map<string, PodWorker>()
  const byKey = new Map<string, PodWorker>()

  const add = (record: PodWorker['record']): PodWorker => {
    const worker = startPodWorker({
      services,
      record,
      onFinished(uid) {
        workers.delete(uid)
        if (byKey.get(keyOf(record.pod)) === worker) byKey.delete(keyOf(record.pod))
      },
    })
    workers.set(record.pod.metadata.uid!, worker)
    byKey.set(keyOf(record.pod), worker)
    return worker
  }

  const { records, broken } = await readRecords(podsDir)
  const listed = new Map((await runtime.list()).map(c => [c.id, c]))
  for (const record of records) {
    await adoptRecord(record, listed, { runtime, network, podDir: join(podsDir, record.pod.metadata.uid!), now: clock.now() })
  }
  const known = new Map(records.flatMap(r => Object.values(r.state.containers).flatMap(c => (c.id ? [[c.id, r] as const] : []))))
  for (const { id } of listed.values()) {
    if (known.has(id)) continue
    log.warn({ container: id }, 'a container that belongs to no pod is removed')
    await runtime.delete(id, join(podsDir, 'none', id))
  }
  for (const name of broken) await removePodDir(join(podsDir, name))
  await network.adopt(records.flatMap(r => (r.state.network ? [r.state.network] : [])))
  for (const record of records) add(record)
  if (records.length) log.info({ pods: records.length, containers: listed.size }, 'pods of the last run taken over')

  const stopExits = runtime.onExit(id => {
    for (const worker of workers.values()) worker.exited(id)
  })

  return {
    changed(type, pod) {
      const worker = workers.get(pod.metadata.uid!)
      if (type === 'deleted') return worker?.gone()
      if (worker) return worker.update(pod)
      const { phase } = pod.status ?? {}
      // Ended before we ever knew of it, on another run of the node whose record is lost: nothing is to be made again.
      if (phase === 'Succeeded' || phase === 'Failed') {
        if (!pod.metadata.deletionTimestamp) return
        const record = newRecord(pod, clock.now())
        record.state.final = { phase }
        return void add(record)
      }
      add(newRecord({ ...pod, apiVersion: 'v1', kind: 'Pod' }, clock.now()))
    },
    synced(uids) {
      for (const [uid, worker] of workers) if (!uids.has(uid)) worker.gone()
    },
    find: (namespace, name) => byKey.get(`${namespace}/${name}`),
    all: () => [...workers.values()],
    async refresh() {
      const now = [...workers.values()]
      const runs = new Set((await runtime.list()).filter(c => c.phase !== 'stopped').map(c => c.id))
      for (const worker of now) worker.compare(runs)
      for (const worker of now) await worker.refresh()
    },
    imagesInUse: () =>
      new Set(
        [...workers.values()].flatMap(w =>
          Object.values(w.record.state.containers).flatMap(c => (c.image ? [c.image.digest] : [])),
        ),
      ),
    async stop() {
      stopExits()
      await Promise.all([...workers.values()].map(worker => worker.stop()))
    },
    endAll: graceMs => endAll([...workers.values()], services, graceMs),
  }
}

/** A pod's folder whose record cannot be read: mounts in it are taken off first. */
async function removePodDir(dir: string): Promise<void> {
  for (const id of await readdir(join(dir, 'c')).catch(() => []))
    await runCommand('umount', ['-l', join(bundleDir(dir, id), 'rootfs')])
  for (const name of await readdir(join(dir, 'volumes')).catch(() => []))
    await runCommand('umount', ['-l', join(dir, 'volumes', name)])
  await rm(dir, { recursive: true, force: true })
}
