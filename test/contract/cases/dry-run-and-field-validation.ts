/** dryRun, and what happens to fields that a server does not know. */
import { apply, type Call, get, group, jsonPatch, mergePatch, post, put, quiet, row, showing, strategicPatch } from '../case.ts'
import { configMap, deployment, job, pod, widget } from '../objects.ts'
import { apps, batch, core, custom } from '../paths.ts'

const made = quiet(post(core('configmaps'), configMap('a', { data: { k: 'v' } })))
const madeWidget = quiet(post(custom('widgets'), widget('a')))
const unknown = (name: string, call: (query: string) => Call) => [
  row(`${name}, Strict`, call('?fieldValidation=Strict')),
  row(`${name}, Warn`, call('?fieldValidation=Warn')),
  row(`${name}, Ignore`, call('?fieldValidation=Ignore')),
]
const yaml = { 'content-type': 'application/yaml' }
const text = (collection: string, query: string, document: string, headers = {}): Call => ({
  method: 'POST',
  path: `${collection}${query}`,
  text: document,
  headers,
})

export const dryRunAndFieldValidation = [
  ...group('dry run', [
    row('create', post(`${core('configmaps')}?dryRun=All`, configMap('a')), get(core('configmaps', 'a'))),
    row(
      'create with a generated name',
      showing(
        post(`${core('configmaps')}?dryRun=All`, { ...configMap('a'), metadata: { generateName: 'g-' } }),
        'metadata.generateName',
      ),
    ),
    row('create that is invalid', post(`${core('configmaps')}?dryRun=All`, configMap('Bad'))),
    row('create twice', made, post(`${core('configmaps')}?dryRun=All`, configMap('a'))),
    row('create of a custom resource', post(`${custom('widgets')}?dryRun=All`, widget('a')), get(custom('widgets', 'a'))),
    row(
      'update',
      made,
      showing(put(`${core('configmaps', 'a')}?dryRun=All`, configMap('a', { data: { k: 'w' } })), 'data'),
      showing(get(core('configmaps', 'a')), 'data', 'metadata.resourceVersion'),
    ),
    row(
      'patch',
      made,
      showing(mergePatch(`${core('configmaps', 'a')}?dryRun=All`, { data: { k: 'w' } }), 'data'),
      showing(get(core('configmaps', 'a')), 'data'),
    ),
    row('an unknown value', post(`${core('configmaps')}?dryRun=Some`, configMap('a'))),
    row(
      'a Service allots nothing',
      showing(
        post(`${core('services')}?dryRun=All`, {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'a' },
          spec: { ports: [{ port: 80 }] },
        }),
        'spec.type',
      ),
    ),
    row('a Job', showing(post(`${batch('jobs')}?dryRun=All`, job('a')), 'spec.backoffLimit', 'metadata.generation')),
  ]),
  ...group('field validation', [
    ...unknown('an unknown field', query => post(`${core('configmaps')}${query}`, { ...configMap('a'), surprise: 1 })),
    ...unknown('two unknown fields', query =>
      post(
        `${apps('deployments')}${query}`,
        deployment('web', {
          replica: 3,
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'main', image: 'a:1', imagePulPolicy: 'Always' }] },
          },
        }),
      ),
    ),
    ...unknown('an unknown field of metadata', query => post(`${core('pods')}${query}`, pod('a', {}, { label: {} }))),
    ...unknown('an unknown field of a custom resource', query =>
      post(`${custom('widgets')}${query}`, widget('a', { size: 1, sise: 2, nested: { z: 1 } })),
    ),
    ...unknown('an unknown field at the root of a custom resource', query =>
      post(`${custom('widgets')}${query}`, { ...widget('a'), surprise: 1 }),
    ),
    ...unknown('an unknown metadata field of a custom resource', query =>
      post(`${custom('widgets')}${query}`, widget('a', { size: 1 }, { surprise: 1 })),
    ),
    ...unknown('a key twice in JSON', query =>
      text(core('configmaps'), query, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"}}'),
    ),
    ...unknown('a field twice in JSON', query =>
      text(
        core('pods'),
        query,
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostname":"x","hostname":"y","containers":[{"name":"main","image":"a:1"}]}}',
      ),
    ),
    ...unknown('a key twice in YAML', query =>
      text(core('configmaps'), query, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "1"\n  k: "2"\n', yaml),
    ),
    ...unknown('a key twice in a custom resource', query =>
      text(
        custom('widgets'),
        query,
        '{"apiVersion":"contract.slipway.dev/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"size":2}}',
      ),
    ),
    row('by default warns', post(core('configmaps'), { ...configMap('a'), surprise: 1 })),
    row('by default warns for a custom resource', post(custom('widgets'), widget('a', { size: 1, surprise: 1 }))),
    row('in an update', made, put(`${core('configmaps', 'a')}?fieldValidation=Strict`, { ...configMap('a'), surprise: 1 })),
    row('in a merge patch', made, mergePatch(`${core('configmaps', 'a')}?fieldValidation=Strict`, { surprise: 1 })),
    row(
      'in a merge patch of a custom resource',
      madeWidget,
      mergePatch(`${custom('widgets', 'a')}?fieldValidation=Strict`, { spec: { surprise: 1 } }),
    ),
    row('in a strategic patch', made, strategicPatch(`${core('configmaps', 'a')}?fieldValidation=Strict`, { surprise: 1 })),
    row(
      'in a JSON patch',
      madeWidget,
      jsonPatch(`${custom('widgets', 'a')}?fieldValidation=Strict`, [{ op: 'add', path: '/spec/surprise', value: 1 }]),
    ),
    row(
      'in a JSON patch with an unknown operation member',
      madeWidget,
      jsonPatch(`${custom('widgets', 'a')}?fieldValidation=Strict`, [
        { op: 'replace', path: '/spec/size', value: 2, extra: true },
      ]),
    ),
    row(
      'in an apply',
      apply(`${core('configmaps', 'a')}?fieldManager=one&fieldValidation=Strict`, { ...configMap('a'), surprise: 1 }),
    ),
    row(
      'in an apply of a custom resource',
      apply(`${custom('widgets', 'a')}?fieldManager=one&fieldValidation=Strict`, widget('a', { size: 1, surprise: 1 })),
    ),
    row('an unknown mode', post(`${core('configmaps')}?fieldValidation=Sometimes`, configMap('a'))),
    row('case matters', post(`${core('configmaps')}?fieldValidation=Strict`, { ...configMap('a'), Data: { k: 'v' } })),
    row('case matters for a Pod', post(`${core('pods')}?fieldValidation=Warn`, pod('a', { restartpolicy: 'Never' }))),
  ]),
]
