/** DELETE: preconditions, propagation, finalizers, grace, collections. Nobody collects garbage here: only what the server itself does is seen. */
import { get, group, jsonPatch, mergePatch, post, put, quiet, remove, row, showing } from '../case.ts'
import { configMap, deployment, job, namespace, node, pod, secret, widget } from '../objects.ts'
import { apps, batch, core, custom } from '../paths.ts'

const made = quiet(post(core('configmaps'), configMap('a')))
const withFinalizer = quiet(post(core('configmaps'), configMap('a', {}, { finalizers: ['x.dev/f'] })))
const options = (rest: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...rest })
const meta = ['metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.finalizers', 'metadata.generation']
const names = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name']

export const deletion = [
  ...group('delete', [
    row('answers a Status', made, remove(core('configmaps', 'a')), get(core('configmaps', 'a'))),
    row(
      'a custom resource answers a Status',
      quiet(post(custom('widgets'), widget('a'))),
      remove(custom('widgets', 'a')),
      get(custom('widgets', 'a')),
    ),
    row('what is not there', remove(core('configmaps', 'a'))),
    row('a custom resource that is not there', remove(custom('widgets', 'a'))),
    row('with the right uid', made, remove(core('configmaps', 'a'), options({ preconditions: { uid: '{0.metadata.uid}' } }))),
    row(
      'with a wrong uid',
      made,
      remove(core('configmaps', 'a'), options({ preconditions: { uid: '11111111-2222-3333-4444-555555555555' } })),
    ),
    row(
      'with a wrong resourceVersion',
      made,
      remove(core('configmaps', 'a'), options({ preconditions: { resourceVersion: '1' } })),
    ),
    row('dry run keeps it', made, remove(`${core('configmaps', 'a')}?dryRun=All`), quiet(get(core('configmaps', 'a')))),
    row(
      'dry run in the body',
      made,
      remove(core('configmaps', 'a'), options({ dryRun: ['All'] })),
      quiet(get(core('configmaps', 'a'))),
    ),
    row('with a bad propagation policy', made, remove(core('configmaps', 'a'), options({ propagationPolicy: 'Sideways' }))),
    row(
      'with both orphanDependents and propagationPolicy',
      made,
      remove(core('configmaps', 'a'), options({ orphanDependents: true, propagationPolicy: 'Orphan' })),
    ),
    row('with bad options', made, {
      method: 'DELETE',
      path: core('configmaps', 'a'),
      text: '{"kind":"Dele',
      headers: { 'content-type': 'application/json' },
    }),
    row('with options of another kind', made, remove(core('configmaps', 'a'), { kind: 'ConfigMap', apiVersion: 'v1' })),
    row(
      'foreground sets a finalizer',
      quiet(post(apps('deployments'), deployment('web'))),
      showing(remove(apps('deployments', 'web'), options({ propagationPolicy: 'Foreground' })), ...meta),
      showing(get(apps('deployments', 'web')), ...meta),
    ),
    row(
      'orphan sets a finalizer',
      quiet(post(apps('deployments'), deployment('web'))),
      showing(remove(apps('deployments', 'web'), options({ propagationPolicy: 'Orphan' })), ...meta),
    ),
    row(
      'background is at once',
      quiet(post(apps('deployments'), deployment('web'))),
      remove(apps('deployments', 'web'), options({ propagationPolicy: 'Background' })),
      quiet(get(apps('deployments', 'web'))),
    ),
    row(
      'propagation by query',
      quiet(post(custom('widgets'), widget('a'))),
      showing(remove(`${custom('widgets', 'a')}?propagationPolicy=Foreground`), ...meta),
    ),
    row('a Job by default orphans its Pods', quiet(post(batch('jobs'), job('a'))), showing(remove(batch('jobs', 'a')), ...meta)),
    row(
      'twice while a finalizer holds it',
      withFinalizer,
      showing(remove(core('configmaps', 'a')), ...meta),
      showing(remove(core('configmaps', 'a')), ...meta),
    ),
    row('a node', quiet(post('/api/v1/nodes', node('n-{id}'))), remove('/api/v1/nodes/n-{id}')),
  ]),
  ...group('finalizers', [
    row('hold the object', withFinalizer, remove(core('configmaps', 'a')), get(core('configmaps', 'a'))),
    row(
      'the last one gone, the object goes',
      withFinalizer,
      quiet(remove(core('configmaps', 'a'))),
      showing(mergePatch(core('configmaps', 'a'), { metadata: { finalizers: null } }), ...meta),
      get(core('configmaps', 'a')),
    ),
    row(
      'may be removed before deletion',
      withFinalizer,
      showing(mergePatch(core('configmaps', 'a'), { metadata: { finalizers: [] } }), ...meta),
      quiet(get(core('configmaps', 'a'))),
    ),
    row(
      'cannot be added during deletion',
      withFinalizer,
      quiet(remove(core('configmaps', 'a'))),
      mergePatch(core('configmaps', 'a'), { metadata: { finalizers: ['x.dev/f', 'x.dev/new'] } }),
    ),
    row(
      'of a custom resource cannot be added during deletion',
      quiet(post(custom('widgets'), widget('a', { size: 1 }, { finalizers: ['x.dev/f'] }))),
      quiet(remove(custom('widgets', 'a'))),
      mergePatch(custom('widgets', 'a'), { metadata: { finalizers: ['x.dev/f', 'x.dev/new'] } }),
    ),
    row('with a bad name', post(core('configmaps'), configMap('a', {}, { finalizers: ['not qualified!'] }))),
    row('without a domain', post(core('configmaps'), configMap('a', {}, { finalizers: ['plain'] }))),
    row('of a custom resource without a domain', post(custom('widgets'), widget('a', { size: 1 }, { finalizers: ['plain'] }))),
    row(
      'other fields may change during deletion',
      withFinalizer,
      quiet(remove(core('configmaps', 'a'))),
      showing(mergePatch(core('configmaps', 'a'), { data: { k: 'v' } }), 'data'),
    ),
    row(
      'a second of two remains',
      quiet(post(core('configmaps'), configMap('a', {}, { finalizers: ['x.dev/f', 'x.dev/g'] }))),
      quiet(remove(core('configmaps', 'a'))),
      showing(jsonPatch(core('configmaps', 'a'), [{ op: 'remove', path: '/metadata/finalizers/0' }]), 'metadata.finalizers'),
    ),
  ]),
  ...group('grace', [
    row(
      'a Pod on no node goes at once',
      quiet(post(core('pods'), pod('a'))),
      showing(remove(core('pods', 'a')), ...meta),
      quiet(get(core('pods', 'a'))),
    ),
    row(
      'a Pod on a node waits for it',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(core('pods', 'a')), ...meta),
      showing(get(core('pods', 'a')), ...meta),
    ),
    row(
      'of the Pod’s own length',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1', terminationGracePeriodSeconds: 5 }))),
      showing(remove(core('pods', 'a')), ...meta),
    ),
    row(
      'of the request’s length',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(core('pods', 'a'), options({ gracePeriodSeconds: 7 })), ...meta),
    ),
    row(
      'may be shortened',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      quiet(remove(core('pods', 'a'))),
      showing(remove(core('pods', 'a'), options({ gracePeriodSeconds: 3 })), ...meta),
    ),
    row(
      '0 ends the Pod',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(core('pods', 'a'), options({ gracePeriodSeconds: 0 })), ...meta),
      quiet(get(core('pods', 'a'))),
    ),
    row(
      '0 after grace ends the Pod',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      quiet(remove(core('pods', 'a'))),
      quiet(remove(core('pods', 'a'), options({ gracePeriodSeconds: 0 }))),
      quiet(get(core('pods', 'a'))),
    ),
    row(
      'a Pod that has ended goes at once',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      quiet(mergePatch(core('pods', 'a', 'status'), { status: { phase: 'Succeeded' } })),
      quiet(remove(core('pods', 'a'))),
      quiet(get(core('pods', 'a'))),
    ),
    row(
      'by query',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(`${core('pods', 'a')}?gracePeriodSeconds=9`), ...meta),
    ),
    row(
      'negative',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(core('pods', 'a'), options({ gracePeriodSeconds: -1 })), ...meta),
    ),
    row(
      'a ConfigMap has none',
      made,
      remove(core('configmaps', 'a'), options({ gracePeriodSeconds: 30 })),
      quiet(get(core('configmaps', 'a'))),
    ),
    row(
      'a Pod with a finalizer and no grace stays',
      quiet(post(core('pods'), pod('a', {}, { finalizers: ['x.dev/f'] }))),
      showing(remove(core('pods', 'a')), ...meta),
    ),
  ]),
  ...group('deletecollection', [
    row(
      'answers the list',
      quiet(post(core('secrets'), secret('a'))),
      quiet(post(core('secrets'), secret('b'))),
      showing(remove(core('secrets')), 'kind', ...names),
      showing(get(core('secrets')), 'items'),
    ),
    row(
      'by label',
      quiet(post(core('secrets'), secret('a', {}, { labels: { x: 'y' } }))),
      quiet(post(core('secrets'), secret('b'))),
      showing(remove(`${core('secrets')}?labelSelector=x=y`), 'kind', ...names),
      showing(get(core('secrets')), ...names),
    ),
    row(
      'of a custom resource',
      quiet(post(custom('widgets'), widget('a'))),
      showing(remove(custom('widgets')), 'kind', ...names),
      showing(get(custom('widgets')), 'items'),
    ),
    row(
      'dry run',
      quiet(post(core('secrets'), secret('a'))),
      quiet(remove(`${core('secrets')}?dryRun=All`)),
      showing(get(core('secrets')), ...names),
    ),
    row(
      'of Pods on a node',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      showing(remove(core('pods')), 'kind', ...names),
      showing(get(core('pods')), 'items.0.metadata.deletionGracePeriodSeconds'),
    ),
    row('of namespaces is not allowed', remove('/api/v1/namespaces?labelSelector=none=none')),
  ]),
  ...group('namespace', [
    row(
      'deletion leaves it Terminating',
      quiet(post('/api/v1/namespaces', namespace('contract-{id}-n'))),
      remove('/api/v1/namespaces/contract-{id}-n'),
    ),
    row(
      'being deleted accepts no new object',
      quiet(post('/api/v1/namespaces', namespace('contract-{id}-n'))),
      quiet(remove('/api/v1/namespaces/contract-{id}-n')),
      post('/api/v1/namespaces/contract-{id}-n/configmaps', configMap('a')),
      post('/apis/contract.slipway.dev/v1/namespaces/contract-{id}-n/widgets', widget('a')),
    ),
    row(
      'finalize without finalizers ends it',
      quiet(post('/api/v1/namespaces', namespace('contract-{id}-n'))),
      quiet(remove('/api/v1/namespaces/contract-{id}-n')),
      showing(
        put('/api/v1/namespaces/contract-{id}-n/finalize', { ...namespace('contract-{id}-n'), spec: {} }),
        'spec',
        'status',
      ),
      get('/api/v1/namespaces/contract-{id}-n'),
    ),
    row('kube-system cannot be deleted', remove('/api/v1/namespaces/kube-system')),
    row('default cannot be deleted', remove('/api/v1/namespaces/default')),
  ]),
]
