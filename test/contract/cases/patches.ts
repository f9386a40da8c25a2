/** JSON patch, merge patch and strategic merge patch. Sources: RFC 6902, RFC 7386, Kubernetes' own strategic rules. */
import { type Call, group, jsonPatch, mergePatch, post, quiet, row, showing, strategicPatch } from '../case.ts'
import { configMap, container, deployment, pod, service, widget } from '../objects.ts'
import { apps, core, custom } from '../paths.ts'

const made = quiet(post(core('configmaps'), configMap('a', { data: { a: '1', b: '2' } }, { labels: { x: 'y' } })))
const madeWidget = quiet(
  post(
    custom('widgets'),
    widget('a', { size: 1, tags: ['p', 'q'], nested: { a: 1, b: { c: 2 } }, extra: { deep: { list: [1, 2, 3] } } }),
  ),
)
const madeDeployment = quiet(
  post(
    apps('deployments'),
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
              args: ['x', 'y'],
              ports: [{ containerPort: 80 }, { containerPort: 81, name: 'admin' }],
            }),
            { name: 'side', image: 'side:1' },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      },
    }),
  ),
)
const containers = 'spec.template.spec.containers'
const strategic = (name: string, patch: unknown, ...fields: string[]) =>
  row(name, madeDeployment, showing(strategicPatch(apps('deployments', 'web'), patch), ...fields))
const inTemplate = (spec: unknown) => ({ spec: { template: { spec } } })
const json = (name: string, operations: unknown, ...fields: string[]) =>
  row(name, madeWidget, showing(jsonPatch(custom('widgets', 'a'), operations), ...(fields.length ? fields : ['spec'])))
const merge = (name: string, patch: unknown, ...fields: string[]) =>
  row(name, madeWidget, showing(mergePatch(custom('widgets', 'a'), patch), ...(fields.length ? fields : ['spec'])))
const refused = (name: string, call: Call) => row(name, made, call)

export const patches = [
  ...group('JSON patch', [
    row('whole answer', made, jsonPatch(core('configmaps', 'a'), [{ op: 'replace', path: '/data/a', value: '9' }])),
    json('add', [{ op: 'add', path: '/spec/name', value: 'ab' }]),
    json('add to a list', [{ op: 'add', path: '/spec/tags/1', value: 'n' }]),
    json('append to a list', [{ op: 'add', path: '/spec/tags/-', value: 'n' }]),
    json('remove', [{ op: 'remove', path: '/spec/tags/0' }]),
    json('move', [{ op: 'move', from: '/spec/extra/deep/list', path: '/spec/extra/list' }]),
    json('copy', [{ op: 'copy', from: '/spec/nested/a', path: '/spec/extra/a' }]),
    json('test that holds', [
      { op: 'test', path: '/spec/size', value: 1 },
      { op: 'replace', path: '/spec/size', value: 2 },
    ]),
    json('test that does not hold', [{ op: 'test', path: '/spec/size', value: 5 }]),
    json('remove what is not there', [{ op: 'remove', path: '/spec/absent' }]),
    json('replace what is not there', [{ op: 'replace', path: '/spec/absent/deeper', value: 1 }]),
    json('add below what is not there', [{ op: 'add', path: '/spec/absent/deeper', value: 1 }]),
    json('add beyond the end of a list', [{ op: 'add', path: '/spec/tags/9', value: 'n' }]),
    json('an unknown operation', [{ op: 'frob', path: '/spec/size' }]),
    json('an operation without op', [{ path: '/spec/size', value: 2 }]),
    json('an object instead of a list', { op: 'replace' }),
    json('an empty list changes nothing', [], 'metadata.generation'),
    json('with escaped keys', [
      { op: 'add', path: '/spec/extra/a~1b~0c', value: 1 },
      { op: 'replace', path: '/spec/extra/a~1b~0c', value: 2 },
    ]),
    json(
      'with escaped keys of annotations',
      [
        { op: 'add', path: '/metadata/annotations', value: { 'a/b': '1' } },
        { op: 'replace', path: '/metadata/annotations/a~1b', value: '2' },
      ],
      'metadata.annotations',
    ),
    json('that makes the object invalid', [{ op: 'replace', path: '/spec/size', value: 99 }]),
    json('that makes the object of a wrong type', [{ op: 'replace', path: '/spec/size', value: 'big' }]),
    refused(
      'makes a typed object of a wrong type',
      jsonPatch(core('configmaps', 'a'), [{ op: 'replace', path: '/data', value: 'text' }]),
    ),
    row('of what is not there', jsonPatch(core('configmaps', 'a'), [])),
    row(
      'with a stale resourceVersion tested',
      made,
      quiet(mergePatch(core('configmaps', 'a'), { data: { c: '3' } })),
      jsonPatch(core('configmaps', 'a'), [
        { op: 'test', path: '/metadata/resourceVersion', value: '{0.metadata.resourceVersion}' },
      ]),
    ),
  ]),
  ...group('merge patch', [
    row('whole answer', made, mergePatch(core('configmaps', 'a'), { data: { a: null, c: '3' } })),
    merge('sets and removes', { spec: { size: 2, nested: { a: null } } }),
    merge('replaces a list whole', { spec: { tags: ['z'] } }),
    merge('removes a map', { spec: { extra: null } }),
    merge('null for what is not there', { spec: { absent: null } }),
    merge('a value in place of a map', { spec: { nested: 5 } }),
    merge('an unknown field is pruned', { spec: { unknown: 1 } }),
    merge(
      'labels and annotations',
      { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } },
      'metadata.labels',
      'metadata.annotations',
      'metadata.generation',
    ),
    merge('with the present resourceVersion', {
      metadata: { resourceVersion: '{0.metadata.resourceVersion}' },
      spec: { size: 3 },
    }),
    row(
      'with a stale resourceVersion',
      made,
      quiet(mergePatch(core('configmaps', 'a'), { data: { c: '3' } })),
      mergePatch(core('configmaps', 'a'), { metadata: { resourceVersion: '{0.metadata.resourceVersion}' }, data: { d: '4' } }),
    ),
    row(
      'of a custom resource with a stale resourceVersion',
      madeWidget,
      quiet(mergePatch(custom('widgets', 'a'), { spec: { size: 3 } })),
      mergePatch(custom('widgets', 'a'), { metadata: { resourceVersion: '{0.metadata.resourceVersion}' }, spec: { size: 4 } }),
    ),
    row('with another kind', made, mergePatch(core('configmaps', 'a'), { kind: 'Secret' })),
    row('with another apiVersion', madeWidget, mergePatch(custom('widgets', 'a'), { apiVersion: 'contract.slipway.dev/v9' })),
    row('a list', made, mergePatch(core('configmaps', 'a'), [1])),
    row('of what is not there', mergePatch(custom('widgets', 'a'), {})),
    row(
      'that changes nothing',
      made,
      showing(mergePatch(core('configmaps', 'a'), { data: { a: '1' } }), 'metadata.managedFields', 'data'),
    ),
    row('removes everything of a map', made, mergePatch(core('configmaps', 'a'), { data: { a: null, b: null } })),
    row('removes the name', made, mergePatch(core('configmaps', 'a'), { metadata: { name: null } })),
    row(
      'ignores status of a custom resource',
      madeWidget,
      showing(mergePatch(custom('widgets', 'a'), { status: { replicas: 3 } }), 'status', 'metadata.generation'),
    ),
  ]),
  ...group('strategic merge patch', [
    strategic(
      'whole answer',
      { metadata: { labels: { l: 'm' } } },
      'metadata.labels',
      'metadata.generation',
      'metadata.managedFields',
    ),
    strategic('merges containers by name', inTemplate({ containers: [{ name: 'main', image: 'app:2' }] }), containers),
    strategic('adds a container before', inTemplate({ containers: [{ name: 'new', image: 'n:1' }] }), containers),
    strategic('removes a container', inTemplate({ containers: [{ name: 'side', $patch: 'delete' }] }), containers),
    strategic(
      'replaces the list of containers',
      inTemplate({ containers: [{ name: 'only', image: 'o:1' }, { $patch: 'replace' }] }),
      containers,
    ),
    strategic(
      'merges env by name',
      inTemplate({
        containers: [
          {
            name: 'main',
            env: [
              { name: 'B', value: '3' },
              { name: 'C', value: '4' },
            ],
          },
        ],
      }),
      `${containers}.0.env`,
    ),
    strategic(
      'removes an env',
      inTemplate({ containers: [{ name: 'main', env: [{ name: 'A', $patch: 'delete' }] }] }),
      `${containers}.0.env`,
    ),
    strategic(
      'replaces a list of plain values',
      inTemplate({ containers: [{ name: 'main', args: ['z'] }] }),
      `${containers}.0.args`,
    ),
    strategic(
      'merges ports by containerPort',
      inTemplate({ containers: [{ name: 'main', ports: [{ containerPort: 80, name: 'http' }] }] }),
      `${containers}.0.ports`,
    ),
    strategic(
      'orders by setElementOrder',
      inTemplate({
        $setElementOrder: undefined,
        '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }],
        containers: [{ name: 'main', image: 'app:3' }],
      }),
      `${containers}.0.name`,
      `${containers}.1.name`,
    ),
    strategic('retains keys', { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, 'spec.strategy'),
    strategic(
      'replaces a volume source with retainKeys',
      inTemplate({ volumes: [{ name: 'tmp', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] }),
      'spec.template.spec.volumes',
    ),
    strategic(
      'replaces a map',
      { spec: { template: { metadata: { labels: { app: 'web', v: '2', $patch: 'replace' } } } } },
      'spec.template.metadata.labels',
    ),
    strategic('removes by null', inTemplate({ volumes: null }), 'spec.template.spec.volumes'),
    strategic('an item without its merge key', inTemplate({ containers: [{ image: 'x' }] }), containers),
    strategic('an unknown directive', inTemplate({ containers: [{ name: 'main', $patch: 'frob' }] }), containers),
    strategic('a value of a wrong type', { spec: { replicas: 'many' } }, 'spec.replicas'),
    row(
      'deletes from a list of plain values',
      quiet(post(core('configmaps'), configMap('a', {}, { finalizers: ['x.dev/a', 'x.dev/b'] }))),
      showing(
        strategicPatch(core('configmaps', 'a'), { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.dev/a'] } }),
        'metadata.finalizers',
      ),
    ),
    row(
      'adds to a list of plain values',
      quiet(post(core('configmaps'), configMap('a', {}, { finalizers: ['x.dev/a'] }))),
      showing(strategicPatch(core('configmaps', 'a'), { metadata: { finalizers: ['x.dev/b'] } }), 'metadata.finalizers'),
    ),
    row(
      'of Service ports by port',
      quiet(
        post(
          core('services'),
          service('a', {
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 81 },
            ],
          }),
        ),
      ),
      showing(strategicPatch(core('services', 'a'), { spec: { ports: [{ port: 81, targetPort: 9 }] } }), 'spec.ports'),
    ),
    row(
      'of Pod tolerations',
      quiet(post(core('pods'), pod('a', { tolerations: [{ key: 'k', operator: 'Exists' }] }))),
      showing(strategicPatch(core('pods', 'a'), { metadata: { labels: { a: 'b' } } }), 'metadata.labels'),
    ),
    row(
      'of owner references by uid',
      quiet(post(core('configmaps'), configMap('a'))),
      quiet(
        post(
          core('configmaps'),
          configMap('b', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: '{0.metadata.uid}' }] }),
        ),
      ),
      showing(
        strategicPatch(core('configmaps', 'b'), {
          metadata: { ownerReferences: [{ uid: '{0.metadata.uid}', controller: true }] },
        }),
        'metadata.ownerReferences',
      ),
    ),
    row('of a custom resource is refused', madeWidget, strategicPatch(custom('widgets', 'a'), { spec: { size: 2 } })),
  ]),
  ...group('patch type', [
    row('an unknown content type', made, {
      method: 'PATCH',
      path: core('configmaps', 'a'),
      body: {},
      headers: { 'content-type': 'application/json' },
    }),
    row('an unknown content type of a custom resource', madeWidget, {
      method: 'PATCH',
      path: custom('widgets', 'a'),
      body: {},
      headers: { 'content-type': 'text/plain' },
    }),
    row('bad JSON in a merge patch', made, {
      method: 'PATCH',
      path: core('configmaps', 'a'),
      text: '{"data"',
      headers: { 'content-type': 'application/merge-patch+json' },
    }),
    row('bad JSON in a JSON patch', made, {
      method: 'PATCH',
      path: core('configmaps', 'a'),
      text: '[{]',
      headers: { 'content-type': 'application/json-patch+json' },
    }),
    row('bad JSON in a strategic patch', made, {
      method: 'PATCH',
      path: core('configmaps', 'a'),
      text: '{',
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    }),
    row('of a collection', {
      method: 'PATCH',
      path: core('configmaps'),
      body: {},
      headers: { 'content-type': 'application/merge-patch+json' },
    }),
    row('with force but not apply', made, mergePatch(`${core('configmaps', 'a')}?force=true`, {})),
  ]),
]
