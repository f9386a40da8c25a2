/** Runs a writer, for real or as a trial. */
import type { Store, Transaction } from '../store/store.ts'

class Trial<T> {
  readonly result: T
  constructor(result: T) {
    this.result = result
  }
}

/** With `dryRun`, everything is done and checked, and nothing is kept. */
export async function commit<T>(store: Store, dryRun: boolean, writer: (transaction: Transaction) => T): Promise<T> {
  if (!dryRun) return store.write(writer)
  try {
    return await store.write(transaction => {
      throw new Trial(writer(transaction))
    })
  } catch (error) {
    if (error instanceof Trial) return error.result as T
    throw error
  }
}
