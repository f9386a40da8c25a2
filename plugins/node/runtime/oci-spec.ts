/** The OCI runtime specification's config.json (v1.0.2: config.md, config-linux.md) of a container. Pure. */
import type { ContainerSpec, Mount, Resources } from './container-runtime.ts'

const cpuPeriodUs = 100_000

/** Quota is at least 1 ms, the kernel's own floor. */
const cpuOf = ({ cpuShares, cpuLimit }: Resources) => ({
  ...(cpuShares !== undefined && { shares: Math.max(2, Math.round(cpuShares)) }),
  ...(cpuLimit && { period: cpuPeriodUs, quota: Math.max(1000, Math.round(cpuLimit * cpuPeriodUs)) }),
})

const device = (allow: boolean, type?: string, major?: number, minor?: number, access = 'rwm') => ({
  allow,
  type,
  major,
  minor,
  access,
})

const systemMounts = (privileged: boolean, cgroup: boolean) => [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', privileged ? 'rw' : 'ro'] },
  ...(cgroup
    ? [
        {
          destination: '/sys/fs/cgroup',
          type: 'cgroup',
          source: 'cgroup',
          options: ['nosuid', 'noexec', 'nodev', privileged ? 'rw' : 'ro'],
        },
      ]
    : []),
]

const mountOf = ({ source, destination, type = 'bind', readonly, sizeBytes, propagation = 'private' }: Mount) =>
  type === 'tmpfs'
    ? {
        destination,
        type,
        source,
        options: ['nosuid', 'nodev', 'mode=1777', ...(sizeBytes ? [`size=${sizeBytes}`] : []), ...(readonly ? ['ro'] : [])],
      }
    : { destination, type, source, options: ['rbind', `r${propagation}`, readonly ? 'ro' : 'rw'] }

/** Paths that tell too much of the host or change it; the same lists as Docker's and containerd's. */
const maskedPaths = ['acpi', 'asound', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'].map(
  p => `/proc/${p}`,
)
const readonlyPaths = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map(p => `/proc/${p}`)

export interface SpecOptions {
  /** As in the specification: below the mount point of the cgroup hierarchies. */
  cgroupsPath: string
  /** Show the container its own groups, so that programs can read their limits. */
  mountCgroups: boolean
}

export function ociSpec(spec: ContainerSpec, { cgroupsPath, mountCgroups }: SpecOptions): object {
  const { user, resources, privileged, capabilities } = spec
  // The effective set of a user other than root comes from files; ambient stays empty, as in Kubernetes.
  const effective = user.uid === 0 ? capabilities : []
  return {
    ociVersion: '1.0.2',
    hostname: spec.hostname,
    root: { path: 'rootfs', readonly: spec.readonlyRoot },
    process: {
      terminal: spec.tty,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.groups },
      args: spec.args,
      env: spec.env,
      cwd: spec.cwd,
      capabilities: { bounding: capabilities, effective, permitted: effective, inheritable: [], ambient: [] },
      noNewPrivileges: spec.noNewPrivileges,
      ...(spec.oomScoreAdj > 0 && { oomScoreAdj: spec.oomScoreAdj }),
    },
    mounts: [...systemMounts(privileged, mountCgroups), ...spec.mounts.map(mountOf)],
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'uts' },
        { type: 'ipc' },
        ...(spec.hostPid ? [] : [{ type: 'pid' }]),
        ...(spec.netns ? [{ type: 'network', path: spec.netns }] : []),
      ],
      cgroupsPath,
      resources: {
        cpu: cpuOf(resources),
        ...(resources.memoryLimit && { memory: { limit: resources.memoryLimit, swap: resources.memoryLimit } }),
        ...(resources.pidsLimit && { pids: { limit: resources.pidsLimit } }),
        devices: privileged
          ? [device(true)]
          : [
              device(false),
              device(true, 'c', undefined, undefined, 'm'),
              device(true, 'b', undefined, undefined, 'm'),
              ...[
                [1, 3],
                [1, 5],
                [1, 7],
                [1, 8],
                [1, 9],
                [5, 0],
                [5, 2],
              ].map(([major, minor]) => device(true, 'c', major, minor)),
              device(true, 'c', 136, undefined),
            ],
      },
      ...(Object.keys(spec.sysctls).length && { sysctl: spec.sysctls }),
      ...(!privileged && { maskedPaths: [...maskedPaths, '/sys/firmware'], readonlyPaths }),
      rootfsPropagation: spec.mounts.some(m => m.propagation === 'shared') ? 'shared' : 'private',
    },
  }
}
