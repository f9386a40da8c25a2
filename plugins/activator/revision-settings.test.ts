import { objectOf } from '@slipway/core/api'
import { expect } from 'chai'
import { revisionKind } from './resources.ts'
import { revisionSettings } from './revision-settings.ts'

const of = (spec: object) => revisionSettings(objectOf(revisionKind, { metadata: { name: 'r', namespace: 'n' }, spec } as never))
const container = (rest: object = {}) => ({ containers: [{ name: 'c', ...rest }] })

describe('revision settings', () => {
  for (const { name, spec, want } of [
    {
      name: 'defaults',
      spec: container(),
      want: { port: 8080, protocol: 'http1', containerConcurrency: 0, probe: { how: 'tcp', port: 8080 } },
    },
    {
      name: 'a port of its own',
      spec: container({ ports: [{ containerPort: 3000 }] }),
      want: { port: 3000, probe: { how: 'tcp', port: 3000 } },
    },
    {
      name: 'h2c by the name of the port',
      spec: container({ ports: [{ name: 'h2c', containerPort: 9000 }] }),
      want: { protocol: 'h2c' },
    },
    {
      name: 'an HTTP probe',
      spec: container({ readinessProbe: { httpGet: { path: '/up', port: 0 } } }),
      want: { probe: { how: 'http', port: 8080, path: '/up', headers: [] } },
    },
    {
      name: 'a probe of a named port',
      spec: container({ ports: [{ name: 'web', containerPort: 3000 }], readinessProbe: { tcpSocket: { port: 'web' } } }),
      want: { probe: { how: 'tcp', port: 3000 } },
    },
    {
      name: 'an exec probe is for the kubelet',
      spec: container({ readinessProbe: { exec: { command: ['true'] } } }),
      want: { probe: { how: 'api' } },
    },
    {
      name: 'the container with ports serves',
      spec: { containers: [{ name: 'a' }, { name: 'b', ports: [{ containerPort: 4000 }] }] },
      want: { port: 4000 },
    },
    {
      name: 'timeouts',
      spec: { ...container(), timeoutSeconds: 5, idleTimeoutSeconds: 2, responseStartTimeoutSeconds: 3 },
      want: { timeouts: { totalSeconds: 5, idleSeconds: 2, responseStartSeconds: 3 } },
    },
  ])
    it(name, () => expect(of(spec)).to.deep.include(want))
})
