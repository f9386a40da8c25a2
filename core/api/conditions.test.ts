import { expect } from 'chai'
import { type Condition, conditionSet, no, type Verdict, waiting, yes } from './conditions.ts'

const set = conditionSet('Ready', ['A', 'B'])
const at = (iso: string) => Date.parse(iso)
const t1 = at('2026-01-01T00:00:00Z')
const t2 = at('2026-01-01T00:01:00Z')

const cases: { name: string; verdicts: Record<string, Verdict>; ready: Partial<Condition> }[] = [
  { name: 'nothing said', verdicts: {}, ready: { status: 'Unknown' } },
  { name: 'all true', verdicts: { A: yes(), B: yes() }, ready: { status: 'True' } },
  {
    name: 'one unknown',
    verdicts: { A: yes(), B: waiting('Slow', 'wait') },
    ready: { status: 'Unknown', reason: 'Slow', message: 'wait' },
  },
  {
    name: 'false wins over unknown',
    verdicts: { A: waiting('Slow'), B: no('Broken', 'it is') },
    ready: { status: 'False', reason: 'Broken', message: 'it is' },
  },
  {
    name: 'one that says why wins over one that does not',
    verdicts: { A: waiting(), B: waiting('Slow') },
    ready: { status: 'Unknown', reason: 'Slow' },
  },
  {
    name: 'an Info part does not count',
    verdicts: { A: yes(), B: { ...no('Idle', ''), severity: 'Info' } },
    ready: { status: 'True' },
  },
]

describe('conditionSet', () => {
  for (const { name, verdicts, ready } of cases)
    it(`${name}: Ready ${ready.status}`, () =>
      expect(set.next(undefined, verdicts, t1).find(c => c.type === 'Ready')).to.include(ready))

  it('moves a transition time only where the status changes', () => {
    const first = set.next(undefined, { A: yes(), B: waiting('Slow') }, t1)
    const then = set.next(first, { A: yes(), B: waiting('Slower') }, t2)
    const last = set.next(then, { B: yes() }, t2)
    expect(last.map(c => [c.type, c.status, c.lastTransitionTime])).to.deep.equal([
      ['A', 'True', '2026-01-01T00:00:00Z'],
      ['B', 'True', '2026-01-01T00:01:00Z'],
      ['Ready', 'True', '2026-01-01T00:01:00Z'],
    ])
    expect(then.find(c => c.type === 'B')!.lastTransitionTime).to.equal('2026-01-01T00:00:00Z')
  })
})
