/** Compares a pod's record with what the runtime has, when the node starts: what runs is taken over, what is half made is undone. */
import type { PodNetwork } from '../network/pod-network.ts'
import type { ContainerRuntime, ListedContainer } from '../runtime/container-runtime.ts'
import { bundleDir, publicId } from './paths.ts'
import type { PodRecord } from './pod-record.ts'
import type { ContainerState, Ended } from './pod-state.ts'

export interface AdoptOptions {
  runtime: ContainerRuntime
  network: PodNetwork
  podDir: string
  now: number
}

const lostMessage = 'The container could not be located when the node started again'

/** It never came to run: the next start is the same run again. */
function neverRan(c: ContainerState): void {
  c.attempt -= 1
  c.phase = c.ended ? 'exited' : 'waiting'
}

async function adoptContainer(
  c: ContainerState,
  listed: ListedContainer | undefined,
  { runtime, podDir, now }: AdoptOptions,
): Promise<void> {
  const id = c.id!
  const dir = bundleDir(podDir, id)
  delete c.stopping
  if (c.phase !== 'starting' && c.phase !== 'running') {
    if (listed) await runtime.delete(id, dir)
    return
  }
  if (listed?.phase === 'running') {
    if (c.phase === 'starting') {
      c.phase = 'running'
      c.startedAt = now
      if (c.ended) c.last = c.ended
      delete c.ended
      delete c.problem
    }
    return
  }
  const exit = await runtime.exit(id, dir)
  if (!exit && c.phase === 'starting') {
    await runtime.delete(id, dir)
    return neverRan(c)
  }
  const ended: Ended = {
    id: publicId(runtime.name, id),
    exitCode: exit?.code ?? 137,
    reason: !exit ? 'ContainerStatusUnknown' : exit.oomKilled ? 'OOMKilled' : exit.code === 0 ? 'Completed' : 'Error',
    ...(!exit && { message: lostMessage }),
    ...(c.startedAt !== undefined && { startedAt: c.startedAt }),
    finishedAt: exit?.finishedAt ?? now,
  }
  if (c.ended) c.last = c.ended
  c.ended = ended
  c.phase = 'exited'
  c.ready = false
  c.started = false
  await runtime.delete(id, dir)
}

/** Changes the record's state to what is so. @param listed all containers of the runtime, by id */
export async function adoptRecord(
  record: PodRecord,
  listed: ReadonlyMap<string, ListedContainer>,
  options: AdoptOptions,
): Promise<void> {
  const { state } = record
  const { network, runtime, podDir } = options
  // Folders in memory and namespaces are gone after a restart of the machine; nothing of the pod can run then.
  const intact = !state.network || (await network.exists(state.network))
  if (!intact)
    for (const { id } of Object.values(state.containers))
      if (id && listed.has(id)) await runtime.delete(id, bundleDir(podDir, id))
  const present = intact ? listed : new Map<string, ListedContainer>()
  for (const c of Object.values(state.containers)) if (c.id) await adoptContainer(c, present.get(c.id), options)
  if (!intact) delete state.network
  if (state.sandbox === 'making' || !intact) state.sandbox = state.sandbox === 'removed' ? 'removed' : 'none'
  if (state.sandbox === 'removing') state.sandbox = 'ready'
}
