import { expect } from 'chai'
import { freeSubnet } from './sandbox.ts'

describe('freeSubnet', () => {
  const cases = [
    { name: 'the first', used: [], seed: 0, want: ['10.190.0.1', '10.190.0.2'] },
    { name: 'by seed', used: [], seed: 300, want: ['10.191.44.1', '10.191.44.2'] },
    { name: 'the next when it is taken', used: ['10.190.0.1', '10.190.1.7'], seed: 0, want: ['10.190.2.1', '10.190.2.2'] },
    { name: 'round the end', used: ['10.253.255.1'], seed: 64 * 256 - 1, want: ['10.190.0.1', '10.190.0.2'] },
  ]
  for (const { name, used, seed, want } of cases) it(name, () => expect(freeSubnet(used, seed)).to.deep.equal(want))
})
