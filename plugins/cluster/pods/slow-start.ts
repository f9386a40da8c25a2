/**
 * Runs like calls in batches of 1, 2, 4, …: many that would all fail for the same reason (a quota, a bad template) are not all sent.
 * Source: slowStartBatch of pkg/controller/replicaset/replica_set.go
 * @returns how many succeeded, and the first error if a batch had one; later batches are then not begun
 */
export async function slowStart<T>(
  items: readonly T[],
  call: (item: T) => Promise<unknown>,
): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0
  for (let begin = 0, size = 1; begin < items.length; begin += size, size *= 2) {
    const results = await Promise.allSettled(items.slice(begin, begin + size).map(call))
    const failed = results.find(r => r.status === 'rejected')
    succeeded += results.filter(r => r.status === 'fulfilled').length
    if (failed) return { succeeded, error: failed.reason }
  }
  return { succeeded }
}
