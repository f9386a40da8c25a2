import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { limitsOf, type Sized, step } from './deployment-scale.ts'

const deployment = (replicas: number, maxSurge: number | string, maxUnavailable: number | string) =>
  ({ spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } } }) as k8s.Deployment

describe('sizes of a rolling update', () => {
  const cases = [
    { replicas: 10, surge: '25%', unavailable: '25%', want: { surge: 3, unavailable: 2 } },
    { replicas: 1, surge: '25%', unavailable: '25%', want: { surge: 1, unavailable: 0 } },
    { replicas: 4, surge: 0, unavailable: 0, want: { surge: 0, unavailable: 1 } },
    { replicas: 2, surge: '0%', unavailable: '10%', want: { surge: 0, unavailable: 1 } },
    { replicas: 3, surge: 1, unavailable: 5, want: { surge: 1, unavailable: 3 } },
    { replicas: 0, surge: '25%', unavailable: '25%', want: { surge: 0, unavailable: 0 } },
  ]
  for (const { replicas, surge, unavailable, want } of cases)
    it(`${surge} and ${unavailable} of ${replicas} are ${want.surge} and ${want.unavailable}`, () =>
      expect(limitsOf(deployment(replicas, surge, unavailable))).to.deep.equal(want))

  it('a rollout always ends, within surge and availability at each step, whatever order pods become available in', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 8 }),
        (replicas, maxSurge, maxUnavailable, pace) => {
          const rolled = deployment(replicas, maxSurge, maxUnavailable)
          const { surge, unavailable } = limitsOf(rolled)
          const all: Sized[] = [
            { name: 'old', size: replicas, available: replicas, annotations: {}, isCurrent: false },
            { name: 'new', size: 0, available: 0, annotations: {}, isCurrent: true },
          ]
          const [old, fresh] = all as [Sized, Sized]
          for (let i = 0; i < 400; i++) {
            for (const [name, size] of step(rolled, all, false)) {
              const set = all.find(s => s.name === name)!
              set.size = size
              set.available = Math.min(set.available, size)
            }
            expect(old.size + fresh.size).to.be.at.most(replicas + surge)
            expect(old.available + fresh.available).to.be.at.least(replicas - unavailable)
            fresh.available = Math.min(fresh.size, fresh.available + (i < 50 ? pace[i % pace.length]! : 1))
          }
          expect([old.size, fresh.size, fresh.available]).to.deep.equal([0, replicas, replicas])
        },
      ),
    ))
})
