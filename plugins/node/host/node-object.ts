/** The Node object of this machine. Pure. Source: kubelet nodestatus/setters.go */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import type { Machine } from './machine.ts'

export interface NodeInput {
  name: string
  machine: Machine
  /** Where the API server reaches the kubelet endpoint. */
  address: string
  kubelet: { port: number; scheme: 'http' | 'https' }
  podCIDR?: string
  maxPods: number
  runtime: { name: string; version: string } | undefined
  /** Why pods cannot run here; undefined when they can. */
  problem?: string
  images: { names: string[]; size: number }[]
  version: string
  now: number
}

type Conditions = NonNullable<NonNullable<k8s.Node['status']>['conditions']>

export const schemeAnnotation = 'slipway.dev/kubelet-scheme'

export function nodeConditions(problem: string | undefined, current: Conditions, now: number): Conditions {
  const part = (type: string, status: 'True' | 'False', reason: string, message: string) => {
    const before = current.find(c => c.type === type)
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: rfc3339(now),
      lastTransitionTime: before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(now),
    }
  }
  return [
    part('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    part('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    part('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    problem
      ? part('Ready', 'False', 'KubeletNotReady', problem)
      : part('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ]
}

export function nodeObject(input: NodeInput, current: k8s.Node | undefined): k8s.Node {
  const { name, machine, address, kubelet, runtime, now } = input
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': machine.architecture,
  }
  const resources = { cpu: String(machine.cpu), memory: `${Math.floor(machine.memory / 1024)}Ki`, pods: String(input.maxPods) }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, annotations: { [schemeAnnotation]: kubelet.scheme } },
    spec: { ...(input.podCIDR && { podCIDR: input.podCIDR, podCIDRs: [input.podCIDR] }) },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: nodeConditions(input.problem, current?.status?.conditions ?? [], now),
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
      nodeInfo: {
        architecture: machine.architecture,
        operatingSystem: 'linux',
        bootID: machine.bootId,
        machineID: machine.machineId,
        systemUUID: machine.machineId,
        kernelVersion: machine.kernel,
        osImage: machine.osImage,
        containerRuntimeVersion: runtime ? `${runtime.name}://${runtime.version}` : 'none://0',
        kubeletVersion: input.version,
        kubeProxyVersion: '',
      },
      images: input.images.slice(0, 50).map(({ names, size }) => ({ names, sizeBytes: size })),
    },
  }
}
