/** PUT: conflicts, preconditions, generation, immutable fields. */
import { get, group, mergePatch, post, put, quiet, row, showing } from '../case.ts'
import { configMap, deployment, job, node, pod, secret, service, widget } from '../objects.ts'
import { apps, batch, core, custom } from '../paths.ts'

const made = quiet(post(core('configmaps'), configMap('a', { data: { k: 'v' } })))
const madeWidget = quiet(post(custom('widgets'), widget('a')))

export const updates = [
  ...group('update', [
    row(
      'with the present resourceVersion',
      made,
      put(core('configmaps', 'a'), configMap('a', { data: { k: 'w' } }, { resourceVersion: '{0.metadata.resourceVersion}' })),
    ),
    row('without a resourceVersion', made, put(core('configmaps', 'a'), configMap('a', { data: { k: 'w' } }))),
    row(
      'with a stale resourceVersion',
      made,
      quiet(put(core('configmaps', 'a'), configMap('a', { data: { k: 'w' } }))),
      put(core('configmaps', 'a'), configMap('a', {}, { resourceVersion: '{0.metadata.resourceVersion}' })),
    ),
    row(
      'a custom resource with a stale resourceVersion',
      madeWidget,
      quiet(mergePatch(custom('widgets', 'a'), { spec: { size: 2 } })),
      put(custom('widgets', 'a'), widget('a', { size: 3 }, { resourceVersion: '{0.metadata.resourceVersion}' })),
    ),
    row('a custom resource without a resourceVersion', madeWidget, put(custom('widgets', 'a'), widget('a', { size: 3 }))),
    row(
      'with a resourceVersion that is no number',
      made,
      put(core('configmaps', 'a'), configMap('a', {}, { resourceVersion: 'abc' })),
    ),
    row(
      'with another uid',
      made,
      put(core('configmaps', 'a'), configMap('a', {}, { uid: '11111111-2222-3333-4444-555555555555' })),
    ),
    row('one that is not there', put(core('configmaps', 'a'), configMap('a'))),
    row('a custom resource that is not there', put(custom('widgets', 'a'), widget('a'))),
    row('under another name', made, put(core('configmaps', 'a'), configMap('b'))),
    row('without a name', made, put(core('configmaps', 'a'), { apiVersion: 'v1', kind: 'ConfigMap' })),
    row(
      'that changes nothing keeps the resourceVersion',
      made,
      get(core('configmaps', 'a')),
      put(core('configmaps', 'a'), configMap('a', { data: { k: 'v' } })),
    ),
    row(
      'cannot change what the server sets',
      made,
      put(
        core('configmaps', 'a'),
        configMap(
          'a',
          { data: { k: 'v' } },
          { creationTimestamp: '2020-01-01T00:00:00Z', deletionTimestamp: '2020-01-01T00:00:00Z', generation: 7 },
        ),
      ),
    ),
    row(
      'of a custom resource bumps the generation with its spec',
      madeWidget,
      showing(
        put(custom('widgets', 'a'), widget('a', { size: 2 }, { resourceVersion: '{0.metadata.resourceVersion}' })),
        'metadata.generation',
      ),
    ),
    row(
      'of a custom resource keeps the generation with its labels',
      madeWidget,
      showing(
        put(
          custom('widgets', 'a'),
          widget('a', { size: 1 }, { resourceVersion: '{0.metadata.resourceVersion}', labels: { a: 'b' } }),
        ),
        'metadata.generation',
      ),
    ),
    row(
      'of a custom resource ignores its status',
      madeWidget,
      put(custom('widgets', 'a'), {
        ...widget('a', { size: 1 }, { resourceVersion: '{0.metadata.resourceVersion}' }),
        status: { replicas: 5 },
      }),
    ),
    row(
      'a Deployment bumps the generation',
      quiet(post(apps('deployments'), deployment('web'))),
      showing(put(apps('deployments', 'web'), deployment('web', { replicas: 2 })), 'metadata.generation', 'spec.replicas'),
    ),
    row(
      'removes labels that are no longer there',
      quiet(post(core('configmaps'), configMap('a', {}, { labels: { a: 'b' } }))),
      showing(put(core('configmaps', 'a'), configMap('a')), 'metadata.labels'),
    ),
    row(
      'keeps managedFields when they are not sent',
      made,
      showing(put(core('configmaps', 'a'), configMap('a', { data: { j: 'v' } })), 'metadata.managedFields'),
    ),
    row(
      'clears managedFields by an empty list',
      made,
      showing(
        put(core('configmaps', 'a'), configMap('a', { data: { k: 'v' } }, { managedFields: [{}] })),
        'metadata.managedFields',
      ),
    ),
  ]),
  ...group('immutable', [
    row(
      'ConfigMap data',
      quiet(post(core('configmaps'), configMap('a', { immutable: true, data: { k: 'v' } }))),
      put(core('configmaps', 'a'), configMap('a', { immutable: true, data: { k: 'w' } })),
    ),
    row(
      'ConfigMap’s immutable',
      quiet(post(core('configmaps'), configMap('a', { immutable: true, data: { k: 'v' } }))),
      put(core('configmaps', 'a'), configMap('a', { immutable: false, data: { k: 'v' } })),
    ),
    row(
      'Secret data',
      quiet(post(core('secrets'), secret('a', { immutable: true, stringData: { k: 'v' } }))),
      put(core('secrets', 'a'), secret('a', { immutable: true, stringData: { k: 'w' } })),
    ),
    row('Secret type', quiet(post(core('secrets'), secret('a'))), put(core('secrets', 'a'), secret('a', { type: 'other' }))),
    row(
      'Deployment selector',
      quiet(post(apps('deployments'), deployment('web'))),
      mergePatch(apps('deployments', 'web'), {
        spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
      }),
    ),
    row(
      'Job template',
      quiet(post(batch('jobs'), job('a'))),
      showing(mergePatch(batch('jobs', 'a'), { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } }), 'spec'),
    ),
    row(
      'Job completions',
      quiet(post(batch('jobs'), job('a', { completions: 2 }))),
      mergePatch(batch('jobs', 'a'), { spec: { completions: 3 } }),
    ),
    row(
      'Job parallelism may change',
      quiet(post(batch('jobs'), job('a'))),
      showing(mergePatch(batch('jobs', 'a'), { spec: { parallelism: 3 } }), 'spec.parallelism', 'metadata.generation'),
    ),
    row(
      'Service clusterIP',
      quiet(post(core('services'), service('a'))),
      mergePatch(core('services', 'a'), { spec: { clusterIP: '10.96.77.77', clusterIPs: ['10.96.77.77'] } }),
    ),
    row(
      'Pod image may change',
      quiet(post(core('pods'), pod('a'))),
      showing(
        mergePatch(core('pods', 'a'), { spec: { containers: [{ name: 'main', image: 'app:2' }] } }),
        'spec.containers.0.image',
        'metadata.generation',
      ),
    ),
    row('Pod command', quiet(post(core('pods'), pod('a'))), mergePatch(core('pods', 'a'), { spec: { restartPolicy: 'Never' } })),
    row(
      'Pod container names',
      quiet(post(core('pods'), pod('a'))),
      mergePatch(core('pods', 'a'), { spec: { containers: [{ name: 'other', image: 'app:1' }] } }),
    ),
    row(
      'Pod activeDeadlineSeconds may shrink',
      quiet(post(core('pods'), pod('a', { activeDeadlineSeconds: 50 }))),
      showing(mergePatch(core('pods', 'a'), { spec: { activeDeadlineSeconds: 10 } }), 'spec.activeDeadlineSeconds'),
      mergePatch(core('pods', 'a'), { spec: { activeDeadlineSeconds: 99 } }),
    ),
    row(
      'metadata.uid by patch',
      made,
      mergePatch(core('configmaps', 'a'), { metadata: { uid: '11111111-2222-3333-4444-555555555555' } }),
    ),
    row('metadata.name by patch', made, mergePatch(core('configmaps', 'a'), { metadata: { name: 'b' } })),
    row('metadata.namespace by patch', made, mergePatch(core('configmaps', 'a'), { metadata: { namespace: 'other' } })),
    row(
      'metadata.name of a custom resource by patch',
      madeWidget,
      mergePatch(custom('widgets', 'a'), { metadata: { name: 'b' } }),
    ),
    row(
      'Node podCIDR',
      quiet(post('/api/v1/nodes', node('n-{id}', { spec: { podCIDR: '10.1.0.0/24' } }))),
      mergePatch('/api/v1/nodes/n-{id}', { spec: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24'] } }),
    ),
  ]),
]
