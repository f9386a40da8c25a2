/** The effects of starting one run of a container: image, environment, mounts, then the runtime. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { k8s } from '@slipway/core/api'
import type { PullPolicy } from '../image/image-puller.ts'
import type { StoredImage } from '../image/image-store.ts'
import { userFiles } from '../image/image-user.ts'
import type { Mount } from '../runtime/container-runtime.ts'
import { mountsOf, writeMountFile } from '../volume/container-mounts.ts'
import { containerSpec, hostnameOf } from './container-spec.ts'
import type { PodFacts } from './downward.ts'
import { environment } from './environment.ts'
import type { NodeServices } from './node-services.ts'
import { bundleDir, containerId, logDir, logPath, terminationLog } from './paths.ts'
import type { PodInputs } from './pod-inputs.ts'
import type { PodState } from './pod-state.ts'

export interface StartInput {
  services: NodeServices
  pod: k8s.Pod
  state: PodState
  podDir: string
  container: k8s.Container
  attempt: number
  inputs: PodInputs
  volumes: Record<string, string>
}

const seconds = (ms: number) => (ms < 1000 ? `${ms}ms` : `${Math.round(ms) / 1000}s`)

/** @throws PullError */
export async function bringImage({ services, pod, container, inputs }: StartInput): Promise<StoredImage> {
  const name = container.image ?? ''
  const policy = container.imagePullPolicy as PullPolicy | undefined
  const onPulling = () => services.event(pod, 'Normal', 'Pulling', `Pulling image "${name}"`)
  const { image, fetched, ms } = await services.puller.pull({ name, policy, dockerConfigs: inputs.dockerConfigs, onPulling })
  const message = fetched
    ? `Successfully pulled image "${name}" in ${seconds(ms)} (${seconds(ms)} including waiting). Image size: ${image.size} bytes.`
    : `Container image "${name}" already present on machine`
  services.event(pod, 'Normal', 'Pulled', message)
  return image
}

export const factsOf = ({ nodeName, hostIP, machine }: NodeServices, pod: k8s.Pod, state: PodState): PodFacts => ({
  pod,
  nodeName,
  hostIP,
  podIP: pod.spec.hostNetwork ? hostIP : (state.network?.ip ?? ''),
  allocatable: machine,
})

/** In host mode the app has to listen on the port that was given to it. */
function withPort(
  env: Record<string, string>,
  container: k8s.Container,
  ports: Record<string, number> | undefined,
): Record<string, string> {
  if (!ports) return env
  const wanted = env.PORT ?? container.ports?.[0]?.containerPort
  const given = wanted === undefined ? undefined : ports[String(wanted)]
  return given === undefined ? env : { ...env, PORT: String(given) }
}

function fileMounts(podDir: string, pod: k8s.Pod, container: k8s.Container, termination: string): Mount[] {
  const bind = (source: string, destination: string): Mount => ({ source, destination })
  const own = new Set((container.volumeMounts ?? []).map(m => m.mountPath))
  return [
    bind(join(podDir, 'etc', 'hosts'), '/etc/hosts'),
    bind(join(podDir, 'etc', 'resolv.conf'), '/etc/resolv.conf'),
    ...(pod.spec.hostNetwork ? [] : [bind(join(podDir, 'etc', 'hostname'), '/etc/hostname')]),
    bind(termination, container.terminationMessagePath || '/dev/termination-log'),
  ].filter(m => !own.has(m.destination))
}

/** Makes the container, ready to start. @throws ConfigError, UserError, RuntimeError */
export async function createContainer(input: StartInput, image: StoredImage): Promise<string> {
  const { services, pod, state, podDir, container, attempt, inputs, volumes } = input
  const { name } = container
  const id = containerId(pod, name, attempt)
  const dir = bundleDir(podDir, id)
  const termination = terminationLog(podDir, name, attempt)
  const facts = factsOf(services, pod, state)
  const env = withPort(environment(container, image.config.Env ?? [], inputs, facts), container, state.ports)
  const layers = services.images.layerPaths(image)
  const [users, mounts] = await Promise.all([
    userFiles(layers),
    mountsOf(container, volumes, env),
    writeMountFile(termination, '', 0o666),
    mkdir(logDir(podDir, name), { recursive: true }),
  ])
  const spec = containerSpec({
    ...{ id, dir, pod, container, image, layers, users, env },
    logPath: logPath(podDir, name, attempt),
    mounts: [...fileMounts(podDir, pod, container, termination), ...mounts],
    netns: pod.spec.hostNetwork ? undefined : state.network?.netns,
    hostname: hostnameOf(pod),
    capabilities: services.machine.capabilities,
    machineMemory: services.machine.memory,
    pidsLimit: services.pidsLimit,
  })
  await services.runtime.create(spec)
  return id
}
