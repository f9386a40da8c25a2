import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { formatQuantity } from './quantity.ts'
import { countedResource, quotaStatus } from './quota-usage.ts'

const container = (cpu?: string, memory?: string) =>
  ({ name: 'c', resources: { requests: { ...(cpu && { cpu }), ...(memory && { memory }) } } }) as k8s.Container
const pod = (containers: k8s.Container[], initContainers: k8s.Container[] = [], phase = 'Running') =>
  ({ metadata: { name: 'p' }, spec: { containers, initContainers }, status: { phase } }) as k8s.Pod

describe('quota usage', () => {
  const used = (hard: Record<string, string>, pods: k8s.Pod[], scopes?: string[]) =>
    quotaStatus({ spec: { hard, scopes } } as unknown as k8s.ResourceQuota, {
      pods,
      services: [{ spec: { type: 'LoadBalancer' } }, { spec: { type: 'ClusterIP' } }] as k8s.CoreService[],
      count: (group, resource) => (resource === 'deployments' && group === 'apps' ? 4 : undefined),
    }).used

  it('sums what containers request, or the largest init container if that is more', () =>
    expect(
      used({ 'requests.cpu': '4', 'requests.memory': '1Gi' }, [
        pod([container('250m', '256Mi'), container('250m', '256Mi')]),
        pod([container('100m')], [container('2', '128Mi')]),
      ]),
    ).to.deep.equal({ 'requests.cpu': '2500m', 'requests.memory': '640Mi' }))
  it('does not charge pods that have ended', () =>
    expect(used({ pods: '5' }, [pod([container()]), pod([container()], [], 'Succeeded')])).to.deep.equal({ pods: '1' }))
  it('counts objects and kinds of Services; what it cannot count it leaves out', () =>
    expect(used({ 'count/deployments.apps': '9', 'services.loadbalancers': '1', 'count/x.y': '1' }, [])).to.deep.equal({
      'count/deployments.apps': '4',
      'services.loadbalancers': '1',
    }))
  it('charges only what is in its scopes', () =>
    expect(used({ pods: '5' }, [pod([container('1')]), pod([container()])], ['BestEffort'])).to.deep.equal({ pods: '1' }))

  const names = [
    { name: 'configmaps', want: { group: '', resource: 'configmaps' } },
    { name: 'count/jobs.batch', want: { group: 'batch', resource: 'jobs' } },
    { name: 'requests.cpu', want: undefined },
    { name: 'memory', want: undefined },
  ]
  for (const { name, want } of names)
    it(`${name} counts ${want ? want.resource : 'no objects'}`, () => expect(countedResource(name)).to.deep.equal(want))

  const quantities = [
    { resource: 'limits.cpu', value: 0.1 + 0.2, want: '300m' },
    { resource: 'cpu', value: 3, want: '3' },
    { resource: 'requests.memory', value: 1.5 * 2 ** 30, want: '1536Mi' },
    { resource: 'requests.memory', value: 1000, want: '1000' },
    { resource: 'memory', value: 0, want: '0' },
  ]
  for (const { resource, value, want } of quantities)
    it(`${value} of ${resource} is written ${want}`, () => expect(formatQuantity(resource, value)).to.equal(want))
})
