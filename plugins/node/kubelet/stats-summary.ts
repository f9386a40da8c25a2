/** `/stats/summary`: what pods use. Source: kubelet pkg/apis/stats/v1alpha1 */
import { rfc3339 } from '@slipway/core/observe'
import { cgroupParentOf } from '../pod/container-spec.ts'
import type { PodManager } from '../pod/pod-manager.ts'
import type { ContainerRuntime } from '../runtime/container-runtime.ts'

export async function statsSummary(nodeName: string, pods: PodManager, runtime: ContainerRuntime, now: number): Promise<object> {
  const time = rfc3339(now)
  const each = await Promise.all(
    pods.all().map(async ({ record: { pod, state } }) => {
      const containers = await Promise.all(
        Object.entries(state.containers)
          .filter(([, c]) => c.phase === 'running')
          .map(async ([name, c]) => {
            const stats = await runtime.stats(cgroupParentOf(pod), c.id!)
            return (
              stats && {
                name,
                startTime: rfc3339(c.startedAt!),
                cpu: { time, usageCoreNanoSeconds: stats.cpuNanos },
                memory: { time, usageBytes: stats.memoryBytes, workingSetBytes: stats.workingSetBytes },
              }
            )
          }),
      )
      const { name, namespace, uid } = pod.metadata
      return {
        podRef: { name, namespace, uid },
        startTime: rfc3339(state.startTime),
        containers: containers.filter(c => c !== undefined),
      }
    }),
  )
  return { node: { nodeName, memory: { time, rssBytes: process.memoryUsage.rss() } }, pods: each }
}
