/** create, get, list: codes, bodies, generated names. */
import { get, group, post, quiet, row, showing } from '../case.ts'
import { configMap, gadget, namespace, pod, secret, widget } from '../objects.ts'
import { core, custom, gadgets } from '../paths.ts'

export const createAndRead = [
  ...group('create', [
    row('a ConfigMap', post(core('configmaps'), configMap('a', { data: { k: 'v' } }))),
    row('a ConfigMap with binaryData', post(core('configmaps'), configMap('a', { binaryData: { k: 'AAEC' } }))),
    row(
      'without apiVersion and kind, known by the path',
      post(core('configmaps'), { metadata: { name: 'a' }, data: { k: 'v' } }),
    ),
    row('of another kind', post(core('configmaps'), secret('a'))),
    row('of another version', post(core('configmaps'), { ...configMap('a'), apiVersion: 'v2' })),
    row('of another group', post(custom('widgets'), { ...widget('a'), apiVersion: 'other.dev/v1' })),
    row('twice', quiet(post(core('configmaps'), configMap('a'))), post(core('configmaps'), configMap('a'))),
    row('a custom resource twice', quiet(post(custom('widgets'), widget('a'))), post(custom('widgets'), widget('a'))),
    row('without a name', post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} })),
    row('a custom resource without a name', post(custom('widgets'), { ...widget('a'), metadata: {} })),
    row('without metadata', post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap' })),
    row('with generateName', post(core('configmaps'), { ...configMap('a'), metadata: { generateName: 'run-' } })),
    row('a custom resource with generateName', post(custom('widgets'), { ...widget('a'), metadata: { generateName: 'run-' } })),
    row('with name and generateName keeps the name', post(core('configmaps'), configMap('a', {}, { generateName: 'run-' }))),
    row('with a namespace that is not the path’s', post(core('configmaps'), configMap('a', {}, { namespace: 'other' }))),
    row(
      'a custom resource with a namespace that is not the path’s',
      post(custom('widgets'), widget('a', { size: 1 }, { namespace: 'other' })),
    ),
    row('in a namespace that is not there', post('/api/v1/namespaces/missing-{id}/configmaps', configMap('a'))),
    row(
      'a custom resource in a namespace that is not there',
      post('/apis/contract.slipway.dev/v1/namespaces/missing-{id}/widgets', widget('a')),
    ),
    row('at the path of all namespaces', post('/api/v1/configmaps', configMap('a'))),
    row('with a resourceVersion', post(core('configmaps'), configMap('a', {}, { resourceVersion: '5' }))),
    row('a custom resource with a resourceVersion', post(custom('widgets'), widget('a', { size: 1 }, { resourceVersion: '5' }))),
    row(
      'ignores what the server sets',
      post(
        core('configmaps'),
        configMap(
          'a',
          {},
          {
            uid: 'mine',
            creationTimestamp: '2020-01-01T00:00:00Z',
            generation: 9,
            selfLink: '/x',
            deletionGracePeriodSeconds: 3,
          },
        ),
      ),
    ),
    row(
      'ignores a deletionTimestamp',
      post(custom('widgets'), widget('a', { size: 1 }, { deletionTimestamp: '2020-01-01T00:00:00Z' })),
    ),
    row('ignores the status of a custom resource', post(custom('widgets'), { ...widget('a'), status: { replicas: 3 } })),
    row('ignores the status of a Pod', showing(post(core('pods'), { ...pod('a'), status: { phase: 'Running' } }), 'status')),
    row('a namespace', post('/api/v1/namespaces', namespace('contract-{id}-x'))),
    row('a cluster-scoped custom resource', post(gadgets, gadget('g-{id}', { anything: { goes: [1, 'two'] } }))),
    row('a Secret with stringData', post(core('secrets'), secret('a', { stringData: { k: 'v' }, data: { b: 'eA==' } }))),
    row(
      'a Secret of a type',
      post(core('secrets'), secret('a', { type: 'kubernetes.io/basic-auth', stringData: { username: 'u', password: 'p' } })),
    ),
    row('with fieldManager', post(`${core('configmaps')}?fieldManager=me`, configMap('a', { data: { k: 'v' } }))),
    row('with a fieldManager that is too long', post(`${core('configmaps')}?fieldManager=${'x'.repeat(129)}`, configMap('a'))),
    row(
      'with labels and annotations',
      post(
        core('configmaps'),
        configMap('a', {}, { labels: { a: 'b', 'x.dev/c': '' }, annotations: { 'x.dev/note': 'free text: é' } }),
      ),
    ),
  ]),
  ...group('get', [
    row('an object', quiet(post(core('configmaps'), configMap('a', { data: { k: 'v' } }))), get(core('configmaps', 'a'))),
    row('one that is not there', get(core('configmaps', 'a'))),
    row('a custom resource that is not there', get(custom('widgets', 'a'))),
    row('a namespace that is not there', get('/api/v1/namespaces/missing-{id}')),
    row('from a namespace that is not there', get('/api/v1/namespaces/missing-{id}/configmaps/a')),
    row(
      'with a resourceVersion',
      quiet(post(core('configmaps'), configMap('a'))),
      get(`${core('configmaps', 'a')}?resourceVersion=0`),
    ),
    row(
      'with a resourceVersion that is no number',
      quiet(post(core('configmaps'), configMap('a'))),
      get(`${core('configmaps', 'a')}?resourceVersion=abc`),
    ),
    row(
      'as PartialObjectMetadata',
      quiet(post(core('configmaps'), configMap('a', { data: { k: 'v' } }, { labels: { a: 'b' } }))),
      get(core('configmaps', 'a'), { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } }),
    ),
    row(
      'pretty printed',
      quiet(post(core('configmaps'), configMap('a'))),
      showing(get(`${core('configmaps', 'a')}?pretty=true`), 'metadata.name'),
    ),
  ]),
  ...group('list', [
    row('nothing', get(core('secrets'))),
    row('of a custom resource, nothing', get(custom('widgets'))),
    row('in a namespace that is not there', get('/api/v1/namespaces/missing-{id}/secrets')),
    row(
      'several, by name',
      quiet(post(core('secrets'), secret('b'))),
      quiet(post(core('secrets'), secret('a'))),
      get(core('secrets')),
    ),
    row(
      'of a custom resource, by name',
      quiet(post(custom('widgets'), widget('b'))),
      quiet(post(custom('widgets'), widget('a'))),
      get(custom('widgets')),
    ),
    row(
      'across namespaces by field',
      quiet(post(core('secrets'), secret('a'))),
      get('/api/v1/secrets?fieldSelector=metadata.namespace=contract-{id}'),
    ),
    row(
      'as PartialObjectMetadataList',
      quiet(post(core('secrets'), secret('a'))),
      get(core('secrets'), { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' } }),
    ),
  ]),
]
