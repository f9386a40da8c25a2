/** Discovery and OpenAPI: only of the cases' own group and of a few of Kubernetes', for a server need not serve every group. */
import { get, group, row, showing } from '../case.ts'

const one = (path: string) => row(path, get(path))
const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }

export const discoveryDocuments = [
  ...group('discovery', [
    row('/api', get('/api', { show: ['kind', 'versions'] })),
    row('/apis', get('/apis', { show: ['kind', 'apiVersion', 'groups.0.name', 'groups.0.preferredVersion'] })),
    one('/apis/contract.slipway.dev'),
    one('/apis/contract.slipway.dev/v1'),
    one('/apis/contract.slipway.dev/v1alpha1'),
    one('/apis/apps'),
    one('/apis/batch'),
    one('/apis/apiextensions.k8s.io/v1'),
    one('/apis/batch/v1'),
    one('/apis/apps/v1'),
    one('/apis/coordination.k8s.io/v1'),
    one('/apis/discovery.k8s.io/v1'),
    one('/apis/policy/v1'),
    one('/apis/autoscaling/v2'),
    one('/apis/rbac.authorization.k8s.io/v1'),
    one('/apis/events.k8s.io/v1'),
    one('/api/v1'),
    row(
      'aggregated /api',
      get('/api', { headers: aggregated, show: ['kind', 'apiVersion', 'items.0.versions.0.version', 'items.0.metadata'] }),
    ),
    row(
      'aggregated /apis',
      get('/apis', {
        headers: aggregated,
        show: ['kind', 'apiVersion', 'items.0.metadata.name', 'items.0.versions.0.version', 'items.0.versions.0.freshness'],
      }),
    ),
    row(
      'aggregated, an older version',
      get('/apis', {
        headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' },
        show: ['kind', 'apiVersion'],
      }),
    ),
  ]),
  ...group('OpenAPI', [
    row('v3 index', showing(get('/openapi/v3', { headers: { accept: '*/*' } }), 'kind')),
    row(
      'v3 of a custom group',
      showing(get('/openapi/v3/apis/contract.slipway.dev/v1', { headers: { accept: '*/*' } }), 'openapi', 'info.title'),
    ),
    row('v3 of what is not there', get('/openapi/v3/apis/nowhere.dev/v1', { headers: { accept: '*/*' } })),
    row('v2', showing(get('/openapi/v2'), 'swagger', 'info.title')),
  ]),
]
