/** Selectors, pagination and resourceVersions of lists. */
import { get, group, post, quiet, row, showing } from '../case.ts'
import { event, pod, secret, widget } from '../objects.ts'
import { core, custom } from '../paths.ts'

const labelled = [
  secret('a', {}, { labels: { app: 'x', tier: 'front' } }),
  secret('b', {}, { labels: { app: 'y', tier: 'front' } }),
  secret('c', {}, { labels: { app: 'z' } }),
  secret('d'),
].map(object => quiet(post(core('secrets'), object)))
const names = ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name', 'items.3.metadata.name']
const byLabel = (selector: string) =>
  row(selector, ...labelled, showing(get(`${core('secrets')}?labelSelector=${selector}`), ...names))
const badLabel = (selector: string) => row(`${selector} is refused`, get(`${core('secrets')}?labelSelector=${selector}`))

const fieldCase = (resource: string, selector: string) =>
  row(`${resource} by ${selector}`, get(`${core(resource)}?fieldSelector=${selector}`))
const three = ['a', 'b', 'c'].map(name => quiet(post(core('secrets'), secret(name))))
const page = ['metadata.continue', 'metadata.remainingItemCount', ...names.slice(0, 3)]

export const lists = [
  ...group('label selector', [
    ...[
      'app=x',
      'app==x',
      'app!=x',
      'app',
      '!app',
      'app in (x,y)',
      'app notin (x,y)',
      'app in (x),tier=front',
      'tier=front,app!=x',
      'app=',
      'tier in (front,)',
      '',
    ].map(byLabel),
    ...['app=x=y', 'app in x', '=x', 'app>x', 'app in (x', '-app=x', 'app=x y', 'a/b/c=d', ',', 'app in ()'].map(badLabel),
    row(
      'numbers by greater and less',
      quiet(post(core('secrets'), secret('a', {}, { labels: { n: '5' } }))),
      quiet(post(core('secrets'), secret('b', {}, { labels: { n: '9' } }))),
      showing(get(`${core('secrets')}?labelSelector=n>6`), ...names),
      showing(get(`${core('secrets')}?labelSelector=n<6`), ...names),
    ),
    row(
      'of a custom resource',
      quiet(post(custom('widgets'), widget('a', { size: 1 }, { labels: { app: 'x' } }))),
      quiet(post(custom('widgets'), widget('b'))),
      showing(get(`${custom('widgets')}?labelSelector=app=x`), ...names),
    ),
  ]),
  ...group('field selector', [
    row('metadata.name', ...three, showing(get(`${core('secrets')}?fieldSelector=metadata.name=b`), ...names)),
    row('metadata.name!=', ...three, showing(get(`${core('secrets')}?fieldSelector=metadata.name!=b`), ...names)),
    row(
      'metadata.name of a custom resource',
      quiet(post(custom('widgets'), widget('a'))),
      quiet(post(custom('widgets'), widget('b'))),
      showing(get(`${custom('widgets')}?fieldSelector=metadata.name=b`), ...names),
    ),
    row(
      'a Secret by type',
      quiet(post(core('secrets'), secret('a', { type: 'my/type' }))),
      quiet(post(core('secrets'), secret('b'))),
      showing(get(`${core('secrets')}?fieldSelector=type=my/type`), ...names),
    ),
    row(
      'Pods by node',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      quiet(post(core('pods'), pod('b'))),
      showing(get(`${core('pods')}?fieldSelector=spec.nodeName=n1`), ...names),
      showing(get(`${core('pods')}?fieldSelector=spec.nodeName=`), ...names),
    ),
    row(
      'Pods by phase and restart policy',
      quiet(post(core('pods'), pod('a', { restartPolicy: 'Never' }))),
      quiet(post(core('pods'), pod('b'))),
      showing(get(`${core('pods')}?fieldSelector=status.phase=Pending,spec.restartPolicy=Never`), ...names),
    ),
    row(
      'Events by their object',
      quiet(
        post(
          core('events'),
          event('a', { involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}', uid: 'u1' }, reason: 'R', type: 'Warning' }),
        ),
      ),
      quiet(
        post(
          core('events'),
          event('b', { involvedObject: { kind: 'Pod', name: 'q', namespace: '{ns}' }, reason: 'S', type: 'Normal' }),
        ),
      ),
      showing(get(`${core('events')}?fieldSelector=involvedObject.name=p,involvedObject.kind=Pod`), ...names),
      showing(get(`${core('events')}?fieldSelector=type!=Normal,reason=R`), ...names),
    ),
    fieldCase('secrets', 'data.x=1'),
    fieldCase('configmaps', 'foo=bar'),
    fieldCase('pods', 'spec.containers=1'),
    fieldCase('services', 'spec.ports=1'),
    fieldCase('secrets', 'metadata.name>a'),
    fieldCase('secrets', 'metadata.name'),
    row('of a custom resource by another field is refused', get(`${custom('widgets')}?fieldSelector=spec.size=1`)),
    row('on a cluster-scoped resource', showing(get('/api/v1/namespaces?fieldSelector=metadata.name=kube-system'), ...names)),
  ]),
  ...group('pagination', [
    row(
      'limit and continue',
      ...three,
      showing(get(`${core('secrets')}?limit=2`), ...page),
      showing(get(`${core('secrets')}?limit=2&continue={3.metadata.continue}`), ...page),
    ),
    row(
      'of one each',
      ...three,
      showing(get(`${core('secrets')}?limit=1`), ...page),
      showing(get(`${core('secrets')}?limit=1&continue={3.metadata.continue}`), ...page),
      showing(get(`${core('secrets')}?limit=1&continue={4.metadata.continue}`), ...page),
    ),
    row(
      'of a custom resource',
      quiet(post(custom('widgets'), widget('a'))),
      quiet(post(custom('widgets'), widget('b'))),
      showing(get(`${custom('widgets')}?limit=1`), ...page),
    ),
    row('with a limit above the count', ...three, showing(get(`${core('secrets')}?limit=5`), ...page)),
    row(
      'shows the state of its first page',
      ...three,
      showing(get(`${core('secrets')}?limit=1`), ...page),
      quiet(post(core('secrets'), secret('bb'))),
      showing(get(`${core('secrets')}?limit=5&continue={3.metadata.continue}`), ...page),
    ),
    row(
      'with a selector tells no remaining count',
      quiet(post(core('secrets'), secret('a', {}, { labels: { x: 'y' } }))),
      quiet(post(core('secrets'), secret('b', {}, { labels: { x: 'y' } }))),
      showing(get(`${core('secrets')}?limit=1&labelSelector=x=y`), ...page),
    ),
    row('with a bad token', get(`${core('secrets')}?limit=1&continue=garbage`)),
    row('with a bad limit', get(`${core('secrets')}?limit=abc`)),
    row(
      'with continue and a resourceVersion',
      ...three,
      quiet(get(`${core('secrets')}?limit=1`)),
      get(`${core('secrets')}?limit=1&resourceVersion=5&continue={3.metadata.continue}`),
    ),
  ]),
  ...group('resourceVersion of a list', [
    // The consistent list before it brings a server's cache up to date: 0 may be answered from any state that was.
    row('0', ...three, quiet(get(core('secrets'))), showing(get(`${core('secrets')}?resourceVersion=0`), ...names)),
    row(
      'at least that',
      ...three,
      showing(get(`${core('secrets')}?resourceVersion={2.metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`), ...names),
    ),
    row(
      'exactly that',
      ...three,
      showing(get(`${core('secrets')}?resourceVersion={2.metadata.resourceVersion}&resourceVersionMatch=Exact`), ...names),
    ),
    row(
      'exactly an earlier one',
      ...three,
      showing(get(`${core('secrets')}?resourceVersion={1.metadata.resourceVersion}&resourceVersionMatch=Exact`), ...names),
    ),
    row('match without a version', get(`${core('secrets')}?resourceVersionMatch=Exact`)),
    row('an unknown match', get(`${core('secrets')}?resourceVersion=1&resourceVersionMatch=Nearest`)),
    row('Exact 0', get(`${core('secrets')}?resourceVersion=0&resourceVersionMatch=Exact`)),
    row('no number', get(`${core('secrets')}?resourceVersion=abc`)),
  ]),
]
