/** Server-side apply and managedFields. Source: Kubernetes' reference on server-side apply; structured-merge-diff. */
import { apply, group, mergePatch, post, put, quiet, remove, row, showing } from '../case.ts'
import { configMap, container, deployment, pod, service, widget } from '../objects.ts'
import { apps, core, custom } from '../paths.ts'

const cm = (manager: string, more = '') => `${core('configmaps', 'a')}?fieldManager=${manager}${more}`
const wg = (manager: string, more = '') => `${custom('widgets', 'a')}?fieldManager=${manager}${more}`
const dep = (manager: string, more = '') => `${apps('deployments', 'web')}?fieldManager=${manager}${more}`
const data = (values: Record<string, string>, metadata = {}) => configMap('a', { data: values }, metadata)
const fields = ['metadata.managedFields', 'spec']

export const serverSideApply = [
  ...group('apply', [
    row('creates', apply(cm('one'), data({ a: '1' }))),
    row(
      'creates a custom resource',
      apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x' }], tags: ['t'], limits: { m: 1 } })),
    ),
    row('creates a Deployment', showing(apply(dep('one'), deployment('web')), 'metadata.managedFields', 'metadata.generation')),
    row('the same again changes nothing', apply(cm('one'), data({ a: '1' })), apply(cm('one'), data({ a: '1' }))),
    row('changes its own field', quiet(apply(cm('one'), data({ a: '1' }))), apply(cm('one'), data({ a: '2' }))),
    row('removes what it applied before', quiet(apply(cm('one'), data({ a: '1', b: '2' }))), apply(cm('one'), data({ a: '1' }))),
    row('a second manager adds', quiet(apply(cm('one'), data({ a: '1' }))), apply(cm('two'), data({ b: '2' }))),
    row('two managers share an equal value', quiet(apply(cm('one'), data({ a: '1' }))), apply(cm('two'), data({ a: '1' }))),
    row(
      'a shared field stays while one applies it',
      quiet(apply(cm('one'), data({ a: '1', b: '1' }))),
      quiet(apply(cm('two'), data({ a: '1' }))),
      apply(cm('one'), data({ b: '1' })),
    ),
    row('conflict with an applier', quiet(apply(cm('one'), data({ a: '1' }))), apply(cm('two'), data({ a: '2' }))),
    row(
      'conflict with an updater',
      quiet(post(`${core('configmaps')}?fieldManager=editor`, data({ a: '1' }))),
      apply(cm('two'), data({ a: '2' })),
    ),
    row(
      'conflicts with two managers',
      quiet(apply(cm('one'), data({ a: '1' }))),
      quiet(apply(cm('two'), data({ b: '1' }))),
      apply(cm('three'), data({ a: '2', b: '2' })),
    ),
    row(
      'two conflicts with one manager',
      quiet(apply(cm('one'), data({ a: '1', b: '1' }))),
      apply(cm('two'), data({ a: '2', b: '2' })),
    ),
    row(
      'conflict on a label',
      quiet(apply(cm('one'), data({}, { labels: { 'x.dev/l': '1' } }))),
      apply(cm('two'), data({}, { labels: { 'x.dev/l': '2' } })),
    ),
    row(
      'force takes a field over',
      quiet(apply(cm('one'), data({ a: '1', b: '1' }))),
      apply(cm('two', '&force=true'), data({ a: '2' })),
    ),
    row(
      'force takes the last field over',
      quiet(apply(cm('one'), data({ a: '1' }))),
      apply(cm('two', '&force=true'), data({ a: '2' })),
    ),
    row(
      'an update takes a field over',
      quiet(apply(cm('one'), data({ a: '1', b: '1' }))),
      mergePatch(`${core('configmaps', 'a')}?fieldManager=editor`, { data: { a: '2' } }),
    ),
    row(
      'an update removes an applied field',
      quiet(apply(cm('one'), data({ a: '1', b: '1' }))),
      mergePatch(`${core('configmaps', 'a')}?fieldManager=editor`, { data: { a: null } }),
    ),
    row(
      'an updater leaves equal values with their manager',
      quiet(apply(cm('one'), data({ a: '1' }))),
      mergePatch(`${core('configmaps', 'a')}?fieldManager=editor`, { data: { a: '1', b: '2' } }),
    ),
    row(
      'after an update of the same manager',
      quiet(post(`${core('configmaps')}?fieldManager=one`, data({ a: '1', b: '2' }))),
      apply(cm('one', '&force=true'), data({ a: '1' })),
    ),
    row('without a field manager', apply(core('configmaps', 'a'), data({ a: '1' }))),
    row(
      'with managedFields',
      apply(
        cm('one'),
        data(
          {},
          { managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }] },
        ),
      ),
    ),
    row('under another name', apply(cm('one'), configMap('b'))),
    row('without a name', apply(cm('one'), { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } })),
    row('without a kind', apply(cm('one'), { apiVersion: 'v1', metadata: { name: 'a' } })),
    row('without an apiVersion', apply(cm('one'), { kind: 'ConfigMap', metadata: { name: 'a' } })),
    row('of another kind', apply(cm('one'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } })),
    row('as YAML', {
      method: 'PATCH',
      path: cm('one'),
      text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "v"\n',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    }),
    row('bad YAML', {
      method: 'PATCH',
      path: cm('one'),
      text: 'apiVersion: v1\n  kind: [',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    }),
    row('an unknown field of a typed object', apply(cm('one'), { ...data({}), unknown: 1 })),
    row('an unknown field of a custom resource', apply(wg('one'), widget('a', { size: 1, unknown: 2 }))),
    row('a field of a wrong type', apply(cm('one'), { ...data({}), data: ['x'] })),
    row('a field of a wrong type in a custom resource', apply(wg('one'), widget('a', { size: 'big' }))),
    row('null leaves the field out', apply(cm('one'), { ...data({}), data: { a: null } })),
    row(
      'with a resourceVersion that is stale',
      quiet(apply(cm('one'), data({ a: '1' }))),
      quiet(apply(cm('one'), data({ a: '2' }))),
      apply(cm('one'), data({ a: '3' }, { resourceVersion: '{0.metadata.resourceVersion}' })),
    ),
    row('with a resourceVersion of what is not there', apply(cm('one'), data({ a: '1' }, { resourceVersion: '5' }))),
    row('with a uid of what is not there', apply(cm('one'), data({ a: '1' }, { uid: '11111111-2222-3333-4444-555555555555' }))),
    row('dry run', apply(cm('one', '&dryRun=All'), data({ a: '1' })), { method: 'GET', path: core('configmaps', 'a') }),
    row('in a namespace that is not there', apply('/api/v1/namespaces/missing-{id}/configmaps/a?fieldManager=one', data({}))),
    row(
      'deleted and applied again',
      quiet(apply(cm('one'), data({ a: '1' }))),
      quiet(remove(core('configmaps', 'a'))),
      apply(cm('two'), data({ b: '2' })),
    ),
    row(
      'an update without managedFields keeps those of an applier',
      quiet(apply(cm('one'), data({ a: '1' }))),
      showing(put(core('configmaps', 'a'), data({ a: '1', z: '9' })), 'metadata.managedFields'),
    ),
  ]),
  ...group('apply by schema', [
    row(
      'a list by key: each manager its item',
      quiet(apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x', port: 1 }] }))),
      showing(apply(wg('two'), { ...widget('a'), spec: { ports: [{ name: 'y', port: 2 }] } }), ...fields),
    ),
    row(
      'a list by key: a manager removes its item',
      quiet(apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x' }] }))),
      quiet(apply(wg('two'), { ...widget('a'), spec: { ports: [{ name: 'y' }] } })),
      showing(apply(wg('two'), { ...widget('a'), spec: { size: 1 } }), ...fields),
    ),
    row(
      'a list by key: conflict inside an item',
      quiet(apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x', port: 1 }] }))),
      apply(wg('two'), { ...widget('a'), spec: { size: 1, ports: [{ name: 'x', port: 2 }] } }),
    ),
    row('a list by key: the same key twice', apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x' }, { name: 'x' }] }))),
    row('a list by key: without the key', apply(wg('one'), widget('a', { size: 1, ports: [{ port: 1 }] }))),
    row(
      'a list by key: order of a later applier',
      quiet(apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'x' }, { name: 'y' }] }))),
      showing(apply(wg('one'), widget('a', { size: 1, ports: [{ name: 'z' }, { name: 'y' }, { name: 'x' }] })), 'spec.ports'),
    ),
    row(
      'a set: each manager its values',
      quiet(apply(wg('one'), widget('a', { size: 1, tags: ['p'] }))),
      showing(apply(wg('two'), { ...widget('a'), spec: { size: 1, tags: ['q'] } }), ...fields),
    ),
    row(
      'a set: a manager removes its value',
      quiet(apply(wg('one'), widget('a', { size: 1, tags: ['p', 'q'] }))),
      showing(apply(wg('one'), widget('a', { size: 1, tags: ['q'] })), ...fields),
    ),
    row('a set: the same value twice', apply(wg('one'), widget('a', { size: 1, tags: ['p', 'p'] }))),
    row(
      'an atomic list is one field',
      quiet(apply(wg('one'), widget('a', { size: 1, steps: [{ run: 'a' }] }))),
      apply(wg('two'), widget('a', { size: 1, steps: [{ run: 'b' }] })),
    ),
    row(
      'an atomic map is one field',
      quiet(apply(wg('one'), widget('a', { size: 1, limits: { x: 1 } }))),
      apply(wg('two'), widget('a', { size: 1, limits: { y: 2 } })),
    ),
    row(
      'preserved unknown fields are owned deeply',
      showing(apply(wg('one'), widget('a', { size: 1, extra: { deep: { a: 1 }, list: [1, 2] } })), ...fields),
    ),
    row('defaults have no manager', showing(apply(wg('one'), widget('a', { size: 1, nested: { b: {} } })), ...fields)),
    row(
      'containers by name',
      quiet(apply(dep('one'), deployment('web'))),
      showing(
        apply(dep('two'), {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } },
        }),
        'metadata.managedFields',
        'spec.template.spec.containers',
      ),
    ),
    row(
      'conflict on an image',
      quiet(apply(dep('one'), deployment('web'))),
      apply(dep('two'), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'other:1' }] } } },
      }),
    ),
    row(
      'env by name, removed again',
      quiet(
        apply(
          dep('one'),
          deployment('web', {
            template: {
              metadata: { labels: { app: 'web' } },
              spec: {
                containers: [
                  container({
                    env: [
                      { name: 'A', value: '1' },
                      { name: 'B', value: '2' },
                    ],
                  }),
                ],
              },
            },
          }),
        ),
      ),
      showing(
        apply(
          dep('one'),
          deployment('web', {
            template: {
              metadata: { labels: { app: 'web' } },
              spec: { containers: [container({ env: [{ name: 'B', value: '2' }] })] },
            },
          }),
        ),
        'spec.template.spec.containers.0.env',
        'metadata.managedFields',
      ),
    ),
    row(
      'container ports by port and protocol',
      showing(
        apply(
          dep('one'),
          deployment('web', {
            template: {
              metadata: { labels: { app: 'web' } },
              spec: { containers: [container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] })] },
            },
          }),
        ),
        'metadata.managedFields',
      ),
    ),
    row(
      'Service ports',
      showing(
        apply(`${core('services', 'a')}?fieldManager=one`, service('a', { ports: [{ port: 80, name: 'http' }] })),
        'metadata.managedFields',
      ),
    ),
    row(
      'a Pod with owner and finalizer',
      showing(
        apply(
          `${core('pods', 'a')}?fieldManager=one`,
          pod(
            'a',
            {},
            {
              finalizers: ['x.dev/f'],
              ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '11111111-2222-3333-4444-555555555555' }],
            },
          ),
        ),
        'metadata.managedFields',
        'metadata.finalizers',
      ),
    ),
    row(
      'scaled by another, then applied without replicas',
      quiet(apply(dep('one'), deployment('web', { replicas: 2 }))),
      quiet(mergePatch(`${apps('deployments', 'web', 'scale')}?fieldManager=scaler`, { spec: { replicas: 5 } })),
      showing(apply(dep('one'), deployment('web')), 'spec.replicas', 'metadata.managedFields'),
    ),
    row(
      'scaled by another, then applied with replicas',
      quiet(apply(dep('one'), deployment('web', { replicas: 2 }))),
      quiet(mergePatch(`${apps('deployments', 'web', 'scale')}?fieldManager=scaler`, { spec: { replicas: 5 } })),
      apply(dep('one'), deployment('web', { replicas: 3 })),
    ),
  ]),
  ...group('apply to a subresource', [
    row(
      'status of a custom resource',
      quiet(apply(wg('one'), widget('a'))),
      apply(`${custom('widgets', 'a', 'status')}?fieldManager=ctl`, {
        ...widget('a'),
        spec: undefined,
        status: { replicas: 2, conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    ),
    row(
      'status of what is not there',
      apply(`${custom('widgets', 'a', 'status')}?fieldManager=ctl`, { ...widget('a'), spec: undefined, status: { replicas: 2 } }),
    ),
    row(
      'status of a Deployment',
      quiet(apply(dep('one'), deployment('web'))),
      showing(
        apply(`${apps('deployments', 'web', 'status')}?fieldManager=ctl`, {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          status: { replicas: 1, conditions: [{ type: 'Available', status: 'True' }] },
        }),
        'status',
        'metadata.managedFields',
      ),
    ),
    row(
      'a status in the main resource is ignored',
      showing(apply(wg('one'), { ...widget('a'), status: { replicas: 4 } }), 'status', 'metadata.managedFields'),
    ),
  ]),
]
