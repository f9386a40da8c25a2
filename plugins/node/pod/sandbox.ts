/** What all containers of a pod share: its network, its name files and its volumes. Made before the first container, removed after the last. */
import { join } from 'node:path'
import { isStatus, k8s } from '@slipway/core/api'
import { freePort } from '../network/host-network.ts'
import { hostsFile, resolvConf } from '../network/name-files.ts'
import { writeMountFile } from '../volume/container-mounts.ts'
import { cgroupParentOf, hostnameOf } from './container-spec.ts'
import { containersOf } from './pod-containers.ts'
import type { PodContext } from './pod-context.ts'
import { factsOf } from './start-container.ts'

export async function makeSandbox(context: PodContext): Promise<void> {
  const { services, record, podDir, event, save, look } = context
  const { clock, network, volumes } = services
  const { pod, state } = record
  state.sandbox = 'making'
  try {
    if (!pod.spec.hostNetwork) state.network ??= await network.acquire()
    if (state.network?.mode === 'host' && !state.ports) await assignPorts(context)
    // Saved at once: the namespace is this pod's from now on, also for the next run of this process.
    const saved = save()
    const inputs = await context.inputs(true)
    const [places] = await Promise.all([
      volumes.setUp(pod, podDir, { ...inputs, facts: factsOf(services, pod, state) }),
      writeNameFiles(context),
      saved,
    ])
    record.volumes = places
    state.sandbox = 'ready'
    delete state.sandboxProblem
    state.sandboxFailures = 0
    await save()
  } catch (error) {
    const { message } = error as Error
    const reason =
      (error as { reason?: string }).reason === 'FailedMount' || isStatus(error) ? 'FailedMount' : 'FailedCreatePodSandBox'
    state.sandbox = 'none'
    state.sandboxProblem = { reason, message }
    state.sandboxFailures = (state.sandboxFailures ?? 0) + 1
    state.sandboxRetryAt = clock.now() + Math.min(60_000, 1000 * 2 ** state.sandboxFailures)
    event('Warning', reason, reason === 'FailedMount' ? message : `Failed to create pod sandbox: ${message}`)
  }
  look()
}

/** In host mode, and said in an annotation: what port of the machine stands for each port of a container. */
async function assignPorts({ services, record }: PodContext): Promise<void> {
  const { state } = record
  const ports = containersOf(record.pod.spec).flatMap(c => (c.spec.ports ?? []).map(p => p.containerPort))
  if (!ports.length) return
  state.ports = {}
  for (const port of ports) state.ports[port] = await freePort()
  const text = Object.entries(state.ports)
    .map(([from, to]) => `${from}=${to}`)
    .join(',')
  const { namespace, name } = record.pod.metadata
  await services.api.patch(k8s.Pod, { namespace, name }, 'merge', {
    metadata: { annotations: { 'slipway.dev/host-ports': text } },
  })
}

async function writeNameFiles({ services, record, podDir }: PodContext): Promise<void> {
  const { state } = record
  const { network } = services
  const { spec } = record.pod
  const hostname = hostnameOf(record.pod)
  const ip = spec.hostNetwork ? services.hostIP : (state.network?.ip ?? '127.0.0.1')
  await Promise.all([
    writeMountFile(
      join(podDir, 'etc', 'hosts'),
      hostsFile({ ip, hostname, aliases: spec.hostAliases, hostAddress: network.hostAddress, extra: services.hosts }),
    ),
    writeMountFile(join(podDir, 'etc', 'resolv.conf'), resolvConf(services.resolvConf, spec.dnsPolicy, spec.dnsConfig)),
    writeMountFile(join(podDir, 'etc', 'hostname'), `${hostname}\n`),
  ])
}

/** @param cleanups removals of containers that are under way */
export async function removeSandbox(
  { services, record, podDir, log, save, look }: PodContext,
  cleanups: Iterable<Promise<unknown>>,
): Promise<void> {
  const { state } = record
  state.sandbox = 'removing'
  await Promise.allSettled(cleanups)
  try {
    if (state.network) await services.network.release(state.network)
    await services.volumes.tearDown(record.pod, podDir)
    await services.runtime.forget(cgroupParentOf(record.pod))
  } catch (error) {
    log.warn({ err: error }, 'something of a pod could not be removed')
  }
  state.sandbox = 'removed'
  delete state.network
  await save()
  look()
}
