/** Writes until it is killed, telling its parent of each write that was acknowledged. */
import { SqliteStore } from './sqlite-store.ts'

const [file, round] = process.argv.slice(2)
const store = new SqliteStore({ file: file!, window: { changes: 50 } })
for (let value = 0; ; value++) {
  await Promise.all(
    ['a', 'b', `r${round}-${value}`].map(async name => {
      await store.write(tx =>
        tx.put({ resource: 'things', namespace: 'demo', name }, {
          apiVersion: 'v1',
          kind: 'Thing',
          metadata: { name },
          value: Number(round) * 1e6 + value,
        } as never),
      )
      process.send!([name, Number(round) * 1e6 + value])
    }),
  )
}
