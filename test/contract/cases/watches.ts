/** Watch sequences. Each ends at an event of an object that the row writes last. */
import { get, group, mergePatch, post, quiet, remove, row, watch } from '../case.ts'
import { configMap, deployment, pod, secret, widget } from '../objects.ts'
import { apps, core, custom } from '../paths.ts'

const make = (name: string, labels?: Record<string, string>) =>
  quiet(post(core('secrets'), secret(name, {}, labels ? { labels } : {})))
const relabel = (name: string, labels: Record<string, string | null>) =>
  quiet(mergePatch(core('secrets', name), { metadata: { labels } }))
const stream = (query = '') => `${core('secrets')}?watch=true${query}`
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }

export const watches = [
  ...group('watch', [
    row('from now: first what is there', make('a'), watch(stream(), 'b', { during: [make('b')] })),
    row('from 0: first what is there', make('a'), watch(stream('&resourceVersion=0'), 'b', { during: [make('b')] })),
    row(
      'resumes after a version',
      make('a'),
      make('b'),
      make('c'),
      watch(stream('&resourceVersion={0.metadata.resourceVersion}'), 'c'),
    ),
    row(
      'sees change and deletion',
      make('a'),
      watch(stream('&resourceVersion={0.metadata.resourceVersion}'), 'end', {
        during: [relabel('a', { x: 'y' }), remove(core('secrets', 'a')), make('end')],
      }),
    ),
    row(
      'of one object by field',
      make('a'),
      watch(stream('&fieldSelector=metadata.name=b&resourceVersion={0.metadata.resourceVersion}'), 'b', {
        during: [make('other'), make('b')],
      }),
    ),
    row('of one object by its path', make('a'), watch(`/api/v1/watch/namespaces/{ns}/secrets/a?resourceVersion=0`, 'a')),
    row(
      'by label: moving in is ADDED, moving out is DELETED',
      make('a'),
      watch(stream('&labelSelector=x=1&resourceVersion={0.metadata.resourceVersion}'), 'end', {
        during: [relabel('a', { x: '1' }), relabel('a', { y: '2' }), relabel('a', { x: '2' }), make('end', { x: '1' })],
      }),
    ),
    row(
      'by label: a deleted object outside is not told',
      make('a'),
      watch(stream('&labelSelector=x=1&resourceVersion={0.metadata.resourceVersion}'), 'end', {
        during: [remove(core('secrets', 'a')), make('end', { x: '1' })],
      }),
    ),
    row(
      'by field: Pods that move in and out',
      quiet(post(core('pods'), pod('a'))),
      watch(`${core('pods')}?watch=true&fieldSelector=status.phase=Running&resourceVersion={0.metadata.resourceVersion}`, 'a', {
        untilType: 'DELETED',
        during: [
          quiet(mergePatch(core('pods', 'a', 'status'), { status: { phase: 'Running' } })),
          quiet(mergePatch(core('pods', 'a', 'status'), { status: { phase: 'Succeeded' } })),
        ],
      }),
    ),
    row(
      'of a custom resource',
      quiet(post(custom('widgets'), widget('a'))),
      watch(`${custom('widgets')}?watch=true&resourceVersion={0.metadata.resourceVersion}`, 'end', {
        during: [
          mergePatch(custom('widgets', 'a'), { spec: { size: 2 } }),
          mergePatch(custom('widgets', 'a', 'status'), { status: { replicas: 2 } }),
          remove(custom('widgets', 'a')),
          post(custom('widgets'), widget('end')),
        ],
      }),
    ),
    row(
      'a write that changes nothing is not told',
      make('a'),
      watch(stream('&resourceVersion={0.metadata.resourceVersion}'), 'end', {
        during: [mergePatch(core('secrets', 'a'), {}), make('end')],
      }),
    ),
    row(
      'a dry run is not told',
      make('a'),
      watch(stream('&resourceVersion={0.metadata.resourceVersion}'), 'end', {
        during: [post(`${core('secrets')}?dryRun=All`, secret('ghost')), make('end')],
      }),
    ),
    row(
      'an object with a finalizer: MODIFIED, then DELETED',
      quiet(post(core('configmaps'), configMap('a', {}, { finalizers: ['x.dev/f'] }))),
      watch(`${core('configmaps')}?watch=true&fieldSelector=metadata.name=a&resourceVersion={0.metadata.resourceVersion}`, 'a', {
        untilType: 'DELETED',
        during: [remove(core('configmaps', 'a')), mergePatch(core('configmaps', 'a'), { metadata: { finalizers: null } })],
      }),
    ),
    row(
      'from a version long gone',
      watch('/apis/contract.slipway.dev/v1/widgets?watch=true&resourceVersion=1&timeoutSeconds=1', '*'),
    ),
    row('with a bad resourceVersion', get(stream('&resourceVersion=abc'))),
    row(
      'with initial events and their bookmark',
      make('a'),
      watch(stream('&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'), '*', {
        untilType: 'BOOKMARK',
      }),
    ),
    row(
      'with initial events of a custom resource',
      quiet(post(custom('widgets'), widget('a'))),
      watch(
        `${custom('widgets')}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=`,
        '*',
        { untilType: 'BOOKMARK' },
      ),
    ),
    row('with initial events but no match', get(stream('&sendInitialEvents=true'))),
    row('with initial events and Exact', get(stream('&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1'))),
    row('with resourceVersionMatch but no initial events', get(stream('&resourceVersionMatch=NotOlderThan&resourceVersion=1'))),
    row('with initial events in a list', get(`${core('secrets')}?sendInitialEvents=true`)),
    row('as tables', make('a'), watch(stream('&resourceVersion=0'), 'b', { headers: table, during: [make('b')] })),
    row(
      'as tables with whole objects',
      quiet(post(custom('widgets'), widget('a'))),
      watch(`${custom('widgets')}?watch=true&resourceVersion=0&includeObject=Object`, 'a', { headers: table }),
    ),
    row(
      'as PartialObjectMetadata',
      make('a', { x: 'y' }),
      watch(stream('&resourceVersion=0'), 'a', {
        headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
      }),
    ),
    row(
      'of Deployments: status and spec',
      quiet(post(apps('deployments'), deployment('web'))),
      watch(`${apps('deployments')}?watch=true&resourceVersion={0.metadata.resourceVersion}`, 'web', {
        during: [mergePatch(apps('deployments', 'web', 'scale'), { spec: { replicas: 4 } })],
      }),
    ),
    row('of what is not served', get('/apis/contract.slipway.dev/v1/namespaces/{ns}/nothings?watch=true')),
    row('that times out ends', get(stream('&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name=none'))),
  ]),
]
