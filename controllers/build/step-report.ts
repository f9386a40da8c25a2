/** What steps tell about their work: one line of JSON as their termination message, such as `{"image":"reg/app","digest":"sha256:…"}`. */
import type { k8s } from '@slipway/core/api'

export interface StepReport {
  step: string
  image?: string
  digest?: string
  commit?: string
  url?: string
}

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)

/** The report in a message, or undefined where it is none: any program's last words are possible. */
export function parseReport(step: string, message: string | undefined): StepReport | undefined {
  const line = message?.trim().split('\n').at(-1)
  if (!line?.startsWith('{')) return undefined
  try {
    const { image, digest, commit, url } = JSON.parse(line) as Record<string, unknown>
    const told = Object.entries({ image: text(image), digest: text(digest), commit: text(commit), url: text(url) }).filter(
      ([, value]) => value,
    )
    return told.length ? { step, ...Object.fromEntries(told) } : undefined
  } catch {
    return undefined
  }
}

export function reportsOf(pod: k8s.Pod | undefined): StepReport[] {
  const statuses = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])]
  return statuses.flatMap(({ name, state }) => {
    const report = state?.terminated?.exitCode === 0 ? parseReport(name, state.terminated.message) : undefined
    return report ? [report] : []
  })
}
