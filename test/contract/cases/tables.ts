/** What kubectl prints: columns and cells of meta.k8s.io/v1 Table, for objects in the states that users meet. */
import { type Call, get, group, mergePatch, post, quiet, row } from '../case.ts'
import {
  autoscaler,
  budget,
  configMap,
  container,
  cronJob,
  daemonSet,
  deployment,
  endpointSlice,
  event,
  job,
  lease,
  namespace,
  node,
  pod,
  replicaSet,
  secret,
  service,
  statefulSet,
  widget,
} from '../objects.ts'
import { apps, autoscaling, batch, coordination, core, crds, custom, discovery, gadgets, networking, policy } from '../paths.ts'

const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
const show = [
  'kind',
  'apiVersion',
  'columnDefinitions',
  'rows.0.cells',
  'rows.0.object.kind',
  'rows.0.object.metadata.name',
  'rows.1.cells',
]
const table = (path: string, query = ''): Call => get(`${path}${query}`, { headers, show })
const cells = (path: string): Call => get(path, { headers, show: ['rows.0.cells', 'rows.0.conditions', 'rows.1.cells'] })
const one = (name: string, collection: string, object: unknown) => row(name, quiet(post(collection, object)), table(collection))
const status = (path: string, value: unknown): Call => quiet(mergePatch(`${path}/status`, { status: value }))
const podIn = (name: string, spec: Record<string, unknown>, state: unknown, metadata = {}) =>
  row(
    name,
    quiet(post(core('pods'), pod('a', { nodeName: 'n1', ...spec }, metadata))),
    status(core('pods', 'a'), state),
    cells(core('pods')),
  )
const started = { startedAt: '2026-01-01T00:00:00Z' }
const main = (state: unknown, rest = {}) => ({
  name: 'main',
  image: 'app:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...rest,
})

export const tables = [
  ...group('table of', [
    one('Pods', core('pods'), pod('a', { nodeSelector: { a: 'b' } })),
    one('ConfigMaps', core('configmaps'), configMap('a', { data: { x: '', y: '' } })),
    one('Secrets', core('secrets'), secret('a', { stringData: { x: 'y' } })),
    one(
      'Services',
      core('services'),
      service('a', {
        clusterIP: 'None',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      }),
    ),
    one(
      'Services of type ExternalName',
      core('services'),
      service('a', { type: 'ExternalName', externalName: 'x.dev', ports: undefined }),
    ),
    one('Services without ports', core('services'), service('a', { clusterIP: 'None', ports: undefined, selector: undefined })),
    one('Deployments', apps('deployments'), deployment('web')),
    one('ReplicaSets', apps('replicasets'), replicaSet('web')),
    one('StatefulSets', apps('statefulsets'), statefulSet('web')),
    one('DaemonSets', apps('daemonsets'), daemonSet('web')),
    one('Jobs', batch('jobs'), job('a')),
    one('CronJobs', batch('cronjobs'), cronJob('a')),
    one(
      'EndpointSlices',
      discovery('endpointslices'),
      endpointSlice('a', {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.2.3'] }, { addresses: ['10.1.2.4'] }],
        ports: [{ port: 80 }],
      }),
    ),
    one('Leases', coordination('leases'), lease('a', { spec: { holderIdentity: 'me' } })),
    one(
      'Events',
      core('events'),
      event('a', {
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}', fieldPath: 'spec.containers{main}' },
        reason: 'R',
        message: 'm',
        type: 'Normal',
        count: 1,
        source: { component: 'c', host: 'h' },
      }),
    ),
    one('ServiceAccounts', core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
    one('HorizontalPodAutoscalers', autoscaling('horizontalpodautoscalers'), autoscaler('a')),
    one('PodDisruptionBudgets', policy('poddisruptionbudgets'), budget('a')),
    one('PersistentVolumeClaims', core('persistentvolumeclaims'), {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'a' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    one('Ingresses', networking('ingresses'), {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'a' },
      spec: { ingressClassName: 'x', rules: [{ host: 'x.dev' }] },
    }),
    one('Widgets', custom('widgets'), widget('a', { size: 3, ports: [{ name: 'x' }, { name: 'y' }] })),
    one('a custom resource without columns', custom('rules'), {
      apiVersion: 'contract.slipway.dev/v1',
      kind: 'Rule',
      metadata: { name: 'a' },
    }),
    row(
      'Nodes',
      quiet(post('/api/v1/nodes', node('n-{id}', {}, { labels: { 'node-role.kubernetes.io/worker': '' } }))),
      table('/api/v1/nodes', '?fieldSelector=metadata.name=n-{id}'),
    ),
    row(
      'Namespaces',
      quiet(post('/api/v1/namespaces', namespace('contract-{id}-n'))),
      table('/api/v1/namespaces', '?fieldSelector=metadata.name=contract-{id}-n'),
    ),
    row(
      'CustomResourceDefinitions',
      get(`${crds}?fieldSelector=metadata.name=widgets.contract.slipway.dev`, {
        headers,
        show: ['columnDefinitions', 'rows.0.cells.0'],
      }),
    ),
    row(
      'cluster-scoped custom resources',
      quiet(post(gadgets, { apiVersion: 'contract.slipway.dev/v1', kind: 'Gadget', metadata: { name: 'g-{id}' } })),
      table(gadgets, '?fieldSelector=metadata.name=g-{id}'),
    ),
    row('nothing', table(core('pods'))),
    row('one object', quiet(post(core('configmaps'), configMap('a'))), table(core('configmaps', 'a'))),
    row('one object, whole answer', quiet(post(custom('widgets'), widget('a'))), get(custom('widgets', 'a'), { headers })),
    row(
      'objects included whole',
      quiet(post(custom('widgets'), widget('a'))),
      get(`${custom('widgets')}?includeObject=Object`, { headers, show: ['rows'] }),
    ),
    row(
      'objects left out',
      quiet(post(custom('widgets'), widget('a'))),
      get(`${custom('widgets')}?includeObject=None`, { headers, show: ['rows'] }),
    ),
    row('objects in an unknown measure', get(`${custom('widgets')}?includeObject=Some`, { headers })),
    row(
      'a page',
      quiet(post(core('secrets'), secret('a'))),
      quiet(post(core('secrets'), secret('b'))),
      get(`${core('secrets')}?limit=1`, { headers, show: ['metadata.continue', 'metadata.remainingItemCount', 'rows.0.cells'] }),
    ),
    row('what was created', post(core('configmaps'), configMap('a'), { headers })),
    row('an error stays a Status', get(core('pods', 'missing'), { headers })),
  ]),
  ...group('cells of a Pod', [
    podIn(
      'running',
      {},
      {
        phase: 'Running',
        podIP: '10.1.1.1',
        podIPs: [{ ip: '10.1.1.1' }],
        containerStatuses: [main({ running: started }, { ready: true })],
      },
    ),
    podIn('creating', {}, { phase: 'Pending', containerStatuses: [main({ waiting: { reason: 'ContainerCreating' } })] }),
    podIn(
      'completed',
      { restartPolicy: 'Never' },
      { phase: 'Succeeded', containerStatuses: [main({ terminated: { exitCode: 0, reason: 'Completed', ...started } })] },
    ),
    podIn(
      'failed',
      { restartPolicy: 'Never' },
      { phase: 'Failed', containerStatuses: [main({ terminated: { exitCode: 3, reason: 'Error', ...started } })] },
    ),
    podIn(
      'failed without a reason',
      { restartPolicy: 'Never' },
      { phase: 'Failed', containerStatuses: [main({ terminated: { exitCode: 3, ...started } })] },
    ),
    podIn(
      'killed by a signal',
      { restartPolicy: 'Never' },
      { phase: 'Failed', containerStatuses: [main({ terminated: { exitCode: 137, signal: 9, ...started } })] },
    ),
    podIn(
      'out of memory',
      {},
      {
        phase: 'Running',
        containerStatuses: [main({ terminated: { exitCode: 137, reason: 'OOMKilled', ...started } }, { restartCount: 2 })],
      },
    ),
    podIn(
      'crash loop',
      {},
      { phase: 'Running', containerStatuses: [main({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 })] },
    ),
    podIn(
      'image cannot be pulled',
      {},
      { phase: 'Pending', containerStatuses: [main({ waiting: { reason: 'ImagePullBackOff' } })] },
    ),
    podIn('evicted', {}, { phase: 'Failed', reason: 'Evicted' }),
    podIn(
      'one of two ready',
      { containers: [container(), container({ name: 'side' })] },
      {
        phase: 'Running',
        containerStatuses: [main({ running: started }, { ready: true }), { ...main({ running: started }), name: 'side' }],
      },
    ),
    podIn(
      'first init container',
      { initContainers: [container({ name: 'i1' }), container({ name: 'i2' })] },
      {
        phase: 'Pending',
        initContainerStatuses: [
          { ...main({ running: started }), name: 'i1' },
          { ...main({ waiting: { reason: 'PodInitializing' } }), name: 'i2' },
        ],
        containerStatuses: [main({ waiting: { reason: 'PodInitializing' } })],
      },
    ),
    podIn(
      'second init container',
      { initContainers: [container({ name: 'i1' }), container({ name: 'i2' })] },
      {
        phase: 'Pending',
        initContainerStatuses: [
          { ...main({ terminated: { exitCode: 0, reason: 'Completed', ...started } }, { ready: true }), name: 'i1' },
          { ...main({ running: started }), name: 'i2' },
        ],
        containerStatuses: [main({ waiting: { reason: 'PodInitializing' } })],
      },
    ),
    podIn(
      'init container failed',
      { initContainers: [container({ name: 'i1' })], restartPolicy: 'Never' },
      {
        phase: 'Failed',
        initContainerStatuses: [{ ...main({ terminated: { exitCode: 1, reason: 'Error', ...started } }), name: 'i1' }],
        containerStatuses: [main({ waiting: { reason: 'PodInitializing' } })],
      },
    ),
    podIn(
      'init container in a crash loop',
      { initContainers: [container({ name: 'i1' })] },
      {
        phase: 'Pending',
        initContainerStatuses: [{ ...main({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 3 }), name: 'i1' }],
        containerStatuses: [main({ waiting: { reason: 'PodInitializing' } })],
      },
    ),
    podIn(
      'completed beside a running one',
      { containers: [container(), container({ name: 'side' })] },
      {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          main({ terminated: { exitCode: 0, reason: 'Completed', ...started } }),
          { ...main({ running: started }, { ready: true }), name: 'side' },
        ],
      },
    ),
    podIn(
      'completed beside one that is not ready',
      { containers: [container(), container({ name: 'side' })] },
      {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          main({ terminated: { exitCode: 0, reason: 'Completed', ...started } }),
          { ...main({ running: started }), name: 'side' },
        ],
      },
    ),
    row(
      'terminating',
      quiet(post(core('pods'), pod('a', { nodeName: 'n1' }))),
      quiet({ method: 'DELETE', path: core('pods', 'a') }),
      cells(core('pods')),
    ),
    row(
      'held by a scheduling gate',
      quiet(post(core('pods'), pod('a', { schedulingGates: [{ name: 'x.dev/wait' }] }))),
      cells(core('pods')),
    ),
    podIn(
      'with a nominated node and gates',
      { readinessGates: [{ conditionType: 'x.dev/ok' }] },
      {
        phase: 'Running',
        nominatedNodeName: 'n2',
        conditions: [{ type: 'x.dev/ok', status: 'True' }],
        containerStatuses: [main({ running: started }, { ready: true })],
      },
    ),
  ]),
  ...group('cells of', [
    row(
      'a Deployment half way',
      quiet(post(apps('deployments'), deployment('web', { replicas: 3 }))),
      status(apps('deployments', 'web'), { replicas: 3, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 }),
      cells(apps('deployments')),
    ),
    row(
      'a ReplicaSet',
      quiet(post(apps('replicasets'), replicaSet('web', { replicas: 2 }))),
      status(apps('replicasets', 'web'), { replicas: 2, readyReplicas: 1 }),
      cells(apps('replicasets')),
    ),
    row(
      'a running Job',
      quiet(post(batch('jobs'), job('a', { completions: 2 }))),
      status(batch('jobs', 'a'), { active: 1, ready: 0, startTime: '2026-01-01T00:00:00Z' }),
      get(batch('jobs'), {
        headers,
        show: ['rows.0.cells.0', 'rows.0.cells.1', 'rows.0.cells.2', 'rows.0.cells.5', 'rows.0.cells.6', 'rows.0.cells.7'],
      }),
    ),
    row(
      'a complete Job',
      quiet(post(batch('jobs'), job('a'))),
      status(batch('jobs', 'a'), {
        succeeded: 1,
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:01:05Z',
        uncountedTerminatedPods: {},
        conditions: [
          { type: 'SuccessCriteriaMet', status: 'True', lastTransitionTime: '2026-01-01T00:01:05Z' },
          { type: 'Complete', status: 'True', lastTransitionTime: '2026-01-01T00:01:05Z' },
        ],
      }),
      cells(batch('jobs')),
    ),
    row(
      'a failed Job',
      quiet(post(batch('jobs'), job('a'))),
      status(batch('jobs', 'a'), {
        failed: 1,
        startTime: '2026-01-01T00:00:00Z',
        uncountedTerminatedPods: {},
        conditions: [
          { type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: '2026-01-01T00:01:05Z' },
          { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: '2026-01-01T00:01:05Z' },
        ],
      }),
      get(batch('jobs'), { headers, show: ['rows.0.conditions', 'rows.0.cells.1', 'rows.0.cells.2'] }),
    ),
    row('a suspended Job', quiet(post(batch('jobs'), job('a', { suspend: true }))), cells(batch('jobs'))),
    row('a Job of parallel workers', quiet(post(batch('jobs'), job('a', { parallelism: 3 }))), cells(batch('jobs'))),
    row(
      'a ready Node',
      quiet(
        post(
          '/api/v1/nodes',
          node('n-{id}', {}, { labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/worker': '' } }),
        ),
      ),
      status('/api/v1/nodes/n-{id}', {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        nodeInfo: {
          machineID: 'm',
          systemUUID: 's',
          bootID: 'b',
          architecture: 'amd64',
          operatingSystem: 'linux',
          kubeProxyVersion: '',
          kubeletVersion: 'v9',
          kernelVersion: '6',
          osImage: 'OS',
          containerRuntimeVersion: 'runc://1',
        },
      }),
      cells('/api/v1/nodes?fieldSelector=metadata.name=n-{id}'),
    ),
    row(
      'an unready, cordoned Node',
      quiet(post('/api/v1/nodes', node('n-{id}', { spec: { unschedulable: true } }))),
      status('/api/v1/nodes/n-{id}', { conditions: [{ type: 'Ready', status: 'False' }] }),
      cells('/api/v1/nodes?fieldSelector=metadata.name=n-{id}'),
    ),
    row(
      'a LoadBalancer with an address',
      quiet(post(core('services'), service('a', { type: 'ExternalName', externalName: 'x', ports: undefined }))),
      cells(core('services')),
    ),
    row(
      'a Widget with a condition',
      quiet(post(custom('widgets'), widget('a', { size: 3 }))),
      status(custom('widgets', 'a'), {
        conditions: [
          { type: 'Other', status: 'False' },
          { type: 'Ready', status: 'True' },
        ],
      }),
      cells(custom('widgets')),
    ),
  ]),
]
