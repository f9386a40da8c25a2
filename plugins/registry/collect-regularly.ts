import type { Clock, Log } from '@slipway/core/observe'
import type { GarbageCollector, GarbageOptions } from './store/garbage.ts'

/** Collects garbage at an interval, never twice at once. @returns how to stop, which waits for a collection under way */
export function collectRegularly(
  garbage: GarbageCollector,
  intervalMs: number,
  clock: Clock,
  log: Log,
  options: GarbageOptions,
): () => Promise<void> {
  if (intervalMs <= 0) return async () => {}
  let running: Promise<void> = Promise.resolve()
  let cancel = () => {}
  const collect = async () => {
    try {
      const report = await garbage.collect(options)
      if (report.blobs || report.links || report.manifests || report.uploads) log.info(report, 'registry garbage collected')
    } catch (error) {
      log.error({ err: error }, 'registry garbage collection failed; it is tried again at the next interval')
    }
  }
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      running = collect().then(schedule)
    })
  }
  schedule()
  return async () => {
    cancel()
    await running
    cancel()
  }
}
