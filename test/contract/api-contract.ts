/**
 * The contract of an API server: whoever answers, the cases' answers are those that a real kube-apiserver gave. Run against any server
 * that `connect` reaches; the cases make and leave objects in namespaces of their own.
 */
import { expect } from 'chai'
import { describeDifference } from './compare.ts'
import { type ListedDifference, differences as listedDifferences } from './differences.ts'
import { judgeBy } from './judge.ts'
import { callsHash, loadRecording, type Recording } from './recorded.ts'
import { answersOf, prepare } from './run-all.ts'
import { type Connection, connect as connectTo, type Target } from './target.ts'
import { topics } from './topics.ts'

export interface ContractTarget extends Target {
  close?(): Promise<void>
}

const recordAgain = 'record it: npm run test:kubernetes -- --only contract --record'

/** Declares the suite; `connect` is called once, and the target's `close` at the end. */
export function apiContract(
  name: string,
  connect: () => Promise<ContractTarget>,
  listed: ListedDifference[] = listedDifferences,
): void {
  describe(`API contract: ${name}`, () => {
    const judge = judgeBy(listed)
    const used = new Set<ListedDifference>()
    let ran = 0
    let target: ContractTarget
    let connection: Connection
    before(async function () {
      this.timeout(60_000)
      target = await connect()
      connection = connectTo(target)
      await prepare(connection)
    })
    after(async () => {
      connection?.close()
      await target?.close?.()
    })

    for (const [topic, cases] of Object.entries(topics))
      describe(topic, () => {
        let recording: Recording
        before(async () => {
          recording = await loadRecording(topic)
        })
        for (const row of cases)
          it(row.name, async function () {
            this.timeout(20_000)
            ran++
            const recorded = recording.cases[row.name]
            expect(recorded?.calls, `no recording of this case as it is now; ${recordAgain}`).to.equal(callsHash(row))
            const judgement = judge(`${topic}/${row.name}`, recorded!.answers, await answersOf(connection, row))
            for (const entry of judgement.used) used.add(entry)
            if (judgement.unlisted.length) expect.fail(`\n    ${judgement.unlisted.map(describeDifference).join('\n    ')}`)
          })
      })

    // A suite of its own: mocha runs a suite's own tests before those of the suites in it.
    describe('differences', () => {
      it('every listed difference still exists', function () {
        const all = Object.values(topics).flat().length
        // With --grep most cases do not run, and their differences are not seen.
        if (ran < all) this.skip()
        const stale = listed.filter(entry => !used.has(entry))
        expect(stale, 'these no longer differ; remove them from test/contract/differences.ts').to.deep.equal([])
      })
    })
  })
}
