/** From a pod's container, its image and its volumes to what the runtime is asked for. Pure, except that it reads nothing of the machine but what it is given. */
import type { k8s } from '@slipway/core/api'
import type { StoredImage } from '../image/image-store.ts'
import { type RunAs, resolveUser, type UserFiles } from '../image/image-user.ts'
import { capabilitiesFor } from '../runtime/capabilities.ts'
import type { ContainerSpec, Mount } from '../runtime/container-runtime.ts'
import { ConfigError } from './downward.ts'
import { processArgs } from './environment.ts'
import { oomScoreAdj, resourcesOf } from './qos-class.ts'

/** Pods that build give way to those that serve. */
export const buildLabel = 'build.knative.dev/buildName'

export interface SpecInput {
  id: string
  dir: string
  logPath: string
  pod: k8s.Pod
  container: k8s.Container
  image: StoredImage
  layers: string[]
  users: UserFiles
  env: Record<string, string>
  mounts: Mount[]
  netns: string | undefined
  hostname: string
  /** What this machine can grant. */
  capabilities: ReadonlySet<string>
  machineMemory: number
  pidsLimit: number
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const cgroupParentOf = (pod: k8s.Pod): string =>
  `${pod.metadata.labels?.[buildLabel] ? 'builds' : 'pods'}/${pod.metadata.uid}`
export const hostnameOf = (pod: k8s.Pod): string => (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '')

/** @throws ConfigError or UserError: faults of what the pod asks for */
export function containerSpec(input: SpecInput): ContainerSpec {
  const { pod, container, image, users, env, netns } = input
  const ofPod = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const runAs: RunAs = {
    runAsUser: own.runAsUser ?? ofPod.runAsUser,
    runAsGroup: own.runAsGroup ?? ofPod.runAsGroup,
    runAsNonRoot: own.runAsNonRoot ?? ofPod.runAsNonRoot,
    supplementalGroups: ofPod.supplementalGroups,
    fsGroup: ofPod.fsGroup,
  }
  const user = resolveUser(image.config.User ?? '', users, runAs, { image: container.image ?? '' })
  const args = processArgs(container, image.config, env)
  if (!args.length)
    throw new ConfigError(
      `no command specified: image ${container.image} has neither entrypoint nor cmd, and container ${container.name} sets no command`,
    )
  const home = users.passwd
    .split('\n')
    .map(line => line.split(':'))
    .find(row => row[2] === String(user.uid))?.[5]
  const complete: Record<string, string> = {
    PATH: defaultPath,
    HOSTNAME: input.hostname,
    HOME: home || '/',
    ...env,
    ...(container.tty && { TERM: env.TERM ?? 'xterm' }),
  }
  const privileged = own.privileged ?? false
  return {
    id: input.id,
    dir: input.dir,
    layers: input.layers,
    readonlyRoot: own.readOnlyRootFilesystem ?? false,
    args,
    env: Object.entries(complete).map(([name, value]) => `${name}=${value}`),
    cwd: container.workingDir || image.config.WorkingDir || '/',
    user,
    hostname: input.hostname,
    mounts: input.mounts,
    netns,
    hostPid: pod.spec.hostPID ?? false,
    resources: resourcesOf(container, input.pidsLimit),
    cgroupParent: cgroupParentOf(pod),
    capabilities: capabilitiesFor({ ...own.capabilities, privileged }, input.capabilities),
    privileged,
    noNewPrivileges: own.allowPrivilegeEscalation === false && !privileged,
    oomScoreAdj: oomScoreAdj(pod.spec, container, input.machineMemory),
    // Ports below 1024 need no privilege in a namespace of one's own, as in Docker and containerd.
    sysctls: {
      ...(netns && { 'net.ipv4.ip_unprivileged_port_start': '0' }),
      ...Object.fromEntries(
        (ofPod.sysctls ?? [])
          .filter(s => /^(net|kernel\.shm|kernel\.msg|kernel\.sem|fs\.mqueue)/.test(s.name))
          .map(s => [s.name, s.value]),
      ),
    },
    logPath: input.logPath,
    stdin: container.stdin ?? false,
    tty: container.tty ?? false,
  }
}
