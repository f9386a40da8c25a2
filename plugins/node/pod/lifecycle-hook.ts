/** postStart and preStop. Source: kubelet pkg/kubelet/lifecycle/handlers.go */
import type { k8s } from '@slipway/core/api'
import { type Clock, sleep } from '@slipway/core/observe'
import { httpGet, type ProbeTarget } from './probe-check.ts'

export type LifecycleHook = NonNullable<NonNullable<k8s.Container['lifecycle']>['postStart']>

/** Runs a hook to its end, or for as long as it may take. @returns its failure's words */
export async function runHook(
  hook: LifecycleHook,
  target: ProbeTarget,
  clock: Clock,
  limitMs: number,
): Promise<string | undefined> {
  try {
    if (hook.exec) {
      const { code, output } = await target.exec(hook.exec.command ?? [], limitMs)
      if (code === 0) return undefined
      return code === undefined
        ? `command took longer than ${limitMs / 1000}s`
        : `command exited with ${code}: ${output.trim().slice(0, 1000)}`
    }
    if (hook.httpGet) return await httpGet(hook.httpGet, target, limitMs)
    if (hook.sleep) await sleep(clock, Math.min(hook.sleep.seconds * 1000, limitMs))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
