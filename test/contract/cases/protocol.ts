/** Everything that is wrong before an object is looked at: paths, methods, bodies, media types, credentials. */
import { type Call, get, group, post, put, quiet, remove, row, showing } from '../case.ts'
import { configMap, widget } from '../objects.ts'
import { core, custom } from '../paths.ts'

const raw = (text: string, type = 'application/json', path = core('configmaps')): Call => ({
  method: 'POST',
  path,
  text,
  headers: { 'content-type': type },
})
const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n'
const accept = (value: string) => ({ headers: { accept: value } })

export const protocol = [
  ...group('path', [
    row('unknown', get('/nowhere')),
    row('unknown group', get('/apis/nowhere.dev/v1/things')),
    row('unknown group list', get('/apis/nowhere.dev')),
    row('unknown version', get('/apis/apps/v9/deployments')),
    row('unknown core version', get('/api/v9/pods')),
    row('unknown resource', get('/api/v1/nothings')),
    row('unknown resource of a custom group', get('/apis/contract.slipway.dev/v1/nothings')),
    row('a namespaced resource by name without a namespace', get('/api/v1/configmaps/a')),
    row('a cluster-scoped resource in a namespace', get('/api/v1/namespaces/{ns}/nodes')),
    row('a cluster-scoped custom resource in a namespace', get('/apis/contract.slipway.dev/v1/namespaces/{ns}/gadgets')),
    row('too deep', get(core('configmaps', 'a', 'b', 'c'))),
    row('with a slash at the end', showing(get(`${core('configmaps')}/`), 'kind')),
    row('of the root lists paths', { ...get('/'), show: ['paths.0'] }),
  ]),
  ...group('method', [
    row('POST to an object', post(core('configmaps', 'a'), configMap('a'))),
    row('PUT to a collection', put(core('configmaps'), configMap('a'))),
    row('PUT to a collection of custom resources', put(custom('widgets'), widget('a'))),
    row('POST to a custom resource', post(custom('widgets', 'a'), widget('a'))),
    row('TRACE-like methods', { method: 'OPTIONS', path: core('configmaps') }),
    row('DELETE of the namespaces collection', remove('/api/v1/namespaces')),
    // Which groups there are depends on the CRDs of other cases at that moment.
    row('POST to discovery', showing(post('/apis', {}), 'kind', 'apiVersion')),
    row('HEAD of an object', quiet(post(core('configmaps'), configMap('a'))), { method: 'HEAD', path: core('configmaps', 'a') }),
  ]),
  ...group('body', [
    row('empty', { method: 'POST', path: core('configmaps'), headers: { 'content-type': 'application/json' } }),
    row('not JSON', raw('hello')),
    row('cut off', raw('{"apiVersion":"v1"')),
    row('with a trailing comma', raw('{"apiVersion":"v1",}')),
    row('a list', raw('[]')),
    row('null', raw('null')),
    row('text', raw('"text"')),
    row('without kind', raw('{"apiVersion":"v1","metadata":{"name":"a"}}')),
    row('without apiVersion', raw('{"kind":"ConfigMap","metadata":{"name":"a"}}')),
    row(
      'a custom resource without kind',
      raw('{"apiVersion":"contract.slipway.dev/v1","metadata":{"name":"a"}}', 'application/json', custom('widgets')),
    ),
    row(
      'a custom resource without apiVersion',
      raw('{"kind":"Widget","metadata":{"name":"a"}}', 'application/json', custom('widgets')),
    ),
    row('a custom resource that is not JSON', raw('hello', 'application/json', custom('widgets'))),
    row('a custom resource that is a list', raw('[]', 'application/json', custom('widgets'))),
    row(
      'a custom resource of an unknown kind',
      raw(
        '{"apiVersion":"contract.slipway.dev/v1","kind":"Wodget","metadata":{"name":"a"}}',
        'application/json',
        custom('widgets'),
      ),
    ),
    row('metadata of a wrong type', raw('{"apiVersion":"v1","kind":"ConfigMap","metadata":"a"}')),
    row(
      'custom metadata of a wrong type',
      raw('{"apiVersion":"contract.slipway.dev/v1","kind":"Widget","metadata":"a"}', 'application/json', custom('widgets')),
    ),
    row('YAML', raw(yaml, 'application/yaml')),
    row(
      'YAML of a custom resource',
      raw(
        'apiVersion: contract.slipway.dev/v1\nkind: Widget\nmetadata:\n  name: a\nspec: {size: 2}\n',
        'application/yaml',
        custom('widgets'),
      ),
    ),
    row('bad YAML', raw('a: [', 'application/yaml')),
    row('YAML that is no map', raw('- a\n- b\n', 'application/yaml')),
    row('YAML said to be JSON', raw(yaml)),
    row('JSON said to be YAML', raw(JSON.stringify(configMap('a')), 'application/yaml')),
    row('with a byte order mark', raw(`\uFEFF${JSON.stringify(configMap('a'))}`)),
    row('too large', raw(JSON.stringify(configMap('a', { data: { a: 'x'.repeat(3_200_000) } })))),
    row('names in other scripts', raw(JSON.stringify(configMap('a', { data: { k: '日本 🚢' } })))),
  ]),
  ...group('media type', [
    row('of the body unknown', raw('x', 'text/plain')),
    row('of the body unknown, custom resource', raw('x', 'text/plain', custom('widgets'))),
    row('of the body with a charset', raw(JSON.stringify(configMap('a')), 'application/json; charset=utf-8')),
    row('wanted: YAML', { ...get(core('secrets'), accept('application/yaml')), show: ['kind'] }),
    row('wanted: unknown', get(core('configmaps'), accept('text/csv'))),
    row('wanted: unknown or anything', showing(get(core('secrets'), accept('text/csv, */*')), 'kind')),
    row('wanted: any application type', showing(get(core('secrets'), accept('application/*')), 'kind')),
    row('wanted: JSON of less quality', showing(get(core('secrets'), accept('text/html;q=0.9, application/json;q=0.8')), 'kind')),
    row(
      'wanted: a Table of a version that is not',
      showing(
        get(core('secrets'), accept('application/json;as=Table;v=v9;g=meta.k8s.io, application/json')),
        'kind',
        'apiVersion',
      ),
    ),
    row(
      'wanted: only a Table of a version that is not',
      get(core('secrets'), accept('application/json;as=Table;v=v9;g=meta.k8s.io')),
    ),
    row('wanted: something else as', get(core('secrets'), accept('application/json;as=Poem;v=v1;g=meta.k8s.io'))),
    row(
      'wanted: v1beta1 Table',
      showing(get(core('secrets'), accept('application/json;as=Table;v=v1beta1;g=meta.k8s.io')), 'kind', 'apiVersion'),
    ),
    row(
      'wanted: protobuf or JSON of a custom resource',
      showing(get(custom('widgets'), accept('application/vnd.kubernetes.protobuf,application/json')), 'kind'),
    ),
    row('wanted: protobuf of a custom resource', get(custom('widgets'), accept('application/vnd.kubernetes.protobuf'))),
    row('unknown path wants text', get('/api/v1/nothings', accept('text/plain'))),
  ]),
  ...group('query', [
    row('a bad timeout', get(`${core('secrets')}?timeoutSeconds=soon`)),
    row('a bad boolean', get(`${core('secrets')}?pretty=maybe&watch=0`, { show: ['kind'] })),
    row('an unknown parameter', showing(get(`${core('secrets')}?surprise=1`), 'kind')),
  ]),
  ...group('health and version', [
    row('/healthz', get('/healthz')),
    row('/livez', get('/livez')),
    row('/readyz', get('/readyz')),
    row('/version', showing(get('/version'), 'major', 'minor')),
  ]),
]
