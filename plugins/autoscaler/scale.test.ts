import { expect } from 'chai'
import { type Scale, type ScaleView, scale } from './scale.ts'
import { scalingWith } from './testing/config.ts'

const now = 10_000_000
const cases: { name: string; view: Partial<ScaleView>; annotations?: Record<string, string>; want: Scale }[] = [
  { name: 'what the load asks for', view: { wanted: 3 }, want: { desired: 3, replicas: 3 } },
  { name: 'no more than the maximum', view: { wanted: 9 }, annotations: { 'max-scale': '5' }, want: { desired: 5, replicas: 5 } },
  { name: 'no less than the minimum', view: { wanted: 0 }, annotations: { 'min-scale': '2' }, want: { desired: 2, replicas: 2 } },
  {
    name: 'the initial scale until it was reached',
    view: { wanted: 1, initialized: false },
    annotations: { 'initial-scale': '4' },
    want: { desired: 4, replicas: 4 },
  },
  { name: 'nothing measured: as it is', view: { wanted: undefined, current: 3 }, want: { desired: undefined, replicas: 3 } },
  {
    name: 'nothing measured, at zero: stays there',
    view: { wanted: undefined, current: 0, active: 'False' },
    want: { desired: 0, replicas: 0 },
  },
  {
    name: 'nothing measured, below the minimum: raised',
    view: { wanted: undefined, current: 0 },
    annotations: { 'min-scale': '1' },
    want: { desired: 1, replicas: 1 },
  },
  {
    name: 'new: its initial scale',
    view: { wanted: undefined, current: 1, initialized: false, active: undefined },
    want: { desired: 1, replicas: 1 },
  },
  {
    name: 'new and without traffic: it comes up first',
    view: { wanted: 0, current: 1, initialized: false, active: undefined, activeSince: now, proxied: true },
    want: { desired: undefined, replicas: 1, lookAgainMs: 600_000 },
  },
  {
    name: 'not to zero before it was active for a window',
    view: { wanted: 0, activeSince: now - 20_000 },
    want: { desired: 1, replicas: 1, lookAgainMs: 40_000 },
  },
  {
    name: 'first it is called inactive, the pod stays',
    view: { wanted: 0, activeSince: now - 60_000 },
    want: { desired: 0, replicas: 1 },
  },
  {
    name: 'then the pod goes, as the activator has the traffic',
    view: { wanted: 0, active: 'False', activeSince: now, proxied: true },
    want: { desired: 0, replicas: 0 },
  },
  {
    name: 'or when the grace period is over',
    view: { wanted: 0, active: 'False', activeSince: now - 30_000 },
    want: { desired: 0, replicas: 0 },
  },
  {
    name: 'until then it waits',
    view: { wanted: 0, active: 'False', activeSince: now - 10_000 },
    want: { desired: 0, replicas: 1, lookAgainMs: 20_000 },
  },
  {
    name: 'the last pod is kept as long as asked',
    view: { wanted: 0, active: 'False', activeSince: now - 60_000, proxied: true },
    annotations: { 'scale-to-zero-pod-retention-period': '2m' },
    want: { desired: 0, replicas: 1, lookAgainMs: 60_000 },
  },
  {
    name: 'an activation is not broken off',
    view: { wanted: 0, active: 'Unknown', activeSince: now - 1000 },
    want: { desired: undefined, replicas: 1, lookAgainMs: 599_000 },
  },
  {
    name: 'but given up in the end',
    view: { wanted: 0, active: 'Unknown', activeSince: now - 600_000 },
    want: { desired: 0, replicas: 0 },
  },
]

describe('scale', () => {
  for (const { name, view, annotations = {}, want } of cases)
    it(name, () =>
      expect(
        scale(
          {
            wanted: 1,
            current: 1,
            active: 'True',
            activeSince: 0,
            initialized: true,
            proxied: false,
            activationTimeoutMs: 600_000,
            ...view,
          },
          scalingWith(annotations),
          now,
        ),
      ).to.deep.equal(want),
    )
})
