/** What the API server fills in. Each row shows a whole spec, so that a default too many is seen as well. */
import { type Call, get, group, post, quiet, row, showing } from '../case.ts'
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
} from '../objects.ts'
import { apps, autoscaling, batch, coordination, core, custom, discovery, networking, policy, rbac } from '../paths.ts'

const spec = (name: string, call: Call) => row(name, showing(call, 'spec'))
const whole = (name: string, call: Call) => row(name, call)
const inPod = (name: string, rest: object) => spec(name, post(core('pods'), pod('a', rest as Record<string, unknown>)))
const inContainer = (name: string, rest: Record<string, unknown>) =>
  row(name, showing(post(core('pods'), pod('a', { containers: [container(rest)] })), 'spec.containers'))
const inVolume = (name: string, volume: object) =>
  row(name, showing(post(core('pods'), pod('a', { volumes: [{ name: 'v', ...volume }] })), 'spec.volumes'))

const robot = quiet(post(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }))

export const defaulting = [
  ...group('defaults of a Pod', [
    whole('whole answer', post(core('pods'), pod('a'))),
    inPod('with init containers', { initContainers: [{ name: 'i', image: 'i:1' }] }),
    inPod('with a restarting init container', { initContainers: [{ name: 'i', image: 'i:1', restartPolicy: 'Always' }] }),
    inPod('with restartPolicy Never', { restartPolicy: 'Never' }),
    inPod('with hostNetwork and a port', { hostNetwork: true, containers: [container({ ports: [{ containerPort: 80 }] })] }),
    row(
      'with a service account',
      robot,
      showing(post(core('pods'), pod('a', { serviceAccountName: 'robot', automountServiceAccountToken: false })), 'spec'),
    ),
    row(
      'with the old name of a service account',
      robot,
      showing(
        post(core('pods'), pod('a', { serviceAccount: 'robot', automountServiceAccountToken: false })),
        'spec.serviceAccount',
        'spec.serviceAccountName',
      ),
    ),
    row('with a service account that is not there', post(core('pods'), pod('a', { serviceAccountName: 'nobody' }))),
    row(
      'with a service account and its token',
      robot,
      showing(
        post(core('pods'), pod('a', { serviceAccountName: 'robot' })),
        'spec.volumes.0.projected',
        'spec.containers.0.volumeMounts.0.mountPath',
      ),
    ),
    inPod('with tolerations', { tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }] }),
    inPod('with topology spread', {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } },
      ],
    }),
    inPod('with a security context', {
      securityContext: { runAsUser: 1000, fsGroup: 5 },
      containers: [container({ securityContext: { privileged: true } })],
    }),
    inPod('with host aliases and dns', {
      dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
      hostAliases: [{ ip: '127.0.0.1', hostnames: ['x'] }],
    }),
    inContainer('tag latest is pulled always', { image: 'app:latest' }),
    inContainer('no tag is pulled always', { image: 'app' }),
    inContainer('a digest is pulled if not present', { image: `app@sha256:${'a'.repeat(64)}` }),
    inContainer('a registry port is no tag', { image: 'localhost:5000/app' }),
    inContainer('ports', { ports: [{ containerPort: 80 }] }),
    inContainer('an http probe', { readinessProbe: { httpGet: { port: 80 } } }),
    inContainer('a tcp probe', { livenessProbe: { tcpSocket: { port: 80 } } }),
    inContainer('an exec probe', { startupProbe: { exec: { command: ['x'] } } }),
    inContainer('a grpc probe', { livenessProbe: { grpc: { port: 80 } } }),
    inContainer('a probe with zeros', { readinessProbe: { httpGet: { port: 80 }, periodSeconds: 0, failureThreshold: 0 } }),
    inContainer('limits become requests', { resources: { limits: { cpu: '500m', memory: '64Mi' } } }),
    inContainer('limits and other requests', { resources: { limits: { cpu: 1 }, requests: { memory: '1Gi' } } }),
    inContainer('quantities are made canonical', {
      resources: { limits: { cpu: '0.5', memory: '1024Ki' }, requests: { cpu: '1e-1' } },
    }),
    inContainer('env from a field', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    inContainer('a lifecycle hook', { lifecycle: { preStop: { httpGet: { port: 80 } } } }),
    inVolume('an empty volume source', {}),
    inVolume('emptyDir', { emptyDir: {} }),
    inVolume('secret', { secret: { secretName: 's' } }),
    inVolume('configMap', { configMap: { name: 'c' } }),
    inVolume('hostPath', { hostPath: { path: '/x' } }),
    inVolume('downwardAPI', { downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }] } }),
    inVolume('projected', { projected: { sources: [{ serviceAccountToken: { path: 't' } }, { configMap: { name: 'c' } }] } }),
    row(
      'quality of service: guaranteed',
      showing(
        post(core('pods'), pod('a', { containers: [container({ resources: { limits: { cpu: '1', memory: '1Mi' } } })] })),
        'status',
      ),
    ),
    row(
      'quality of service: burstable',
      showing(post(core('pods'), pod('a', { containers: [container({ resources: { requests: { cpu: '1' } } })] })), 'status'),
    ),
  ]),
  ...group('defaults of', [
    whole('a Deployment', post(apps('deployments'), deployment('web'))),
    spec('a Deployment with Recreate', post(apps('deployments'), deployment('web', { strategy: { type: 'Recreate' } }))),
    spec(
      'a Deployment with half a strategy',
      post(apps('deployments'), deployment('web', { strategy: { rollingUpdate: { maxSurge: 1 } } })),
    ),
    spec('a Deployment with no replicas', post(apps('deployments'), deployment('web', { replicas: 0 }))),
    whole('a ReplicaSet', post(apps('replicasets'), replicaSet('web'))),
    whole('a StatefulSet', post(apps('statefulsets'), statefulSet('web'))),
    spec(
      'a StatefulSet with claims',
      post(
        apps('statefulsets'),
        statefulSet('web', {
          volumeClaimTemplates: [
            { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
          ],
        }),
      ),
    ),
    whole('a DaemonSet', post(apps('daemonsets'), daemonSet('web'))),
    whole('a Job', post(batch('jobs'), job('a'))),
    spec('a Job with completions', post(batch('jobs'), job('a', { completions: 3 }))),
    spec('a Job with parallelism', post(batch('jobs'), job('a', { parallelism: 3 }))),
    spec('an indexed Job', post(batch('jobs'), job('a', { completions: 3, parallelism: 2, completionMode: 'Indexed' }))),
    spec(
      'an indexed Job with a limit for each index',
      post(batch('jobs'), job('a', { completions: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 })),
    ),
    spec(
      'a Job with a failure policy',
      post(
        batch('jobs'),
        job('a', {
          podFailurePolicy: {
            rules: [
              { action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } },
              { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
            ],
          },
        }),
      ),
    ),
    whole('a CronJob', post(batch('cronjobs'), cronJob('a'))),
    whole('a Service', post(core('services'), service('a'))),
    spec('a headless Service', post(core('services'), service('a', { clusterIP: 'None' }))),
    spec('a Service without selector', post(core('services'), service('a', { selector: undefined }))),
    spec('a NodePort Service', post(core('services'), service('a', { type: 'NodePort' }))),
    spec('a LoadBalancer Service', post(core('services'), service('a', { type: 'LoadBalancer' }))),
    spec(
      'a LoadBalancer Service with local traffic',
      post(core('services'), service('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })),
    ),
    spec(
      'an ExternalName Service',
      post(
        core('services'),
        service('a', { type: 'ExternalName', externalName: 'x.dev', selector: undefined, ports: undefined }),
      ),
    ),
    spec('a Service with client affinity', post(core('services'), service('a', { sessionAffinity: 'ClientIP' }))),
    spec(
      'a Service with a named target port',
      post(core('services'), service('a', { ports: [{ port: 80, targetPort: 'http', appProtocol: 'h2c' }] })),
    ),
    whole(
      'an EndpointSlice',
      post(
        discovery('endpointslices'),
        endpointSlice('a', { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 80 }] }),
      ),
    ),
    whole(
      'Endpoints',
      post(core('endpoints'), {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'a' },
        subsets: [{ addresses: [{ ip: '10.1.2.4' }, { ip: '10.1.2.3' }], ports: [{ port: 80 }] }],
      }),
    ),
    whole('a HorizontalPodAutoscaler', post(autoscaling('horizontalpodautoscalers'), autoscaler('a'))),
    spec(
      'a HorizontalPodAutoscaler with behavior',
      post(
        autoscaling('horizontalpodautoscalers'),
        autoscaler('a', { behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 5 }] } } }),
      ),
    ),
    row(
      'a HorizontalPodAutoscaler read as v1',
      quiet(post(autoscaling('horizontalpodautoscalers'), autoscaler('a'))),
      showing(get('/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers/a'), 'apiVersion', 'spec'),
    ),
    whole('a PodDisruptionBudget', post(policy('poddisruptionbudgets'), budget('a'))),
    whole(
      'a Lease',
      post(
        coordination('leases'),
        lease('a', { spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } }),
      ),
    ),
    whole('a Node', post('/api/v1/nodes', node('n-{id}'))),
    whole('a Namespace', post('/api/v1/namespaces', namespace('contract-{id}-n'))),
    whole('a Secret', post(core('secrets'), secret('a'))),
    whole('an empty ConfigMap', post(core('configmaps'), configMap('a'))),
    whole(
      'a ServiceAccount',
      post(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
    ),
    whole(
      'an Event',
      post(
        core('events'),
        event('a', {
          involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
          reason: 'R',
          message: 'm',
          type: 'Normal',
          count: 1,
          firstTimestamp: '2026-01-01T00:00:00Z',
          lastTimestamp: '2026-01-01T00:00:00Z',
          source: { component: 'c' },
        }),
      ),
    ),
    row(
      'an Event read by its own group',
      quiet(
        post(
          core('events'),
          event('a', {
            involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
            reason: 'R',
            message: 'm',
            type: 'Normal',
            count: 2,
          }),
        ),
      ),
      get('/apis/events.k8s.io/v1/namespaces/{ns}/events/a'),
    ),
    whole(
      'a PersistentVolumeClaim',
      post(core('persistentvolumeclaims'), {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'a' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }),
    ),
    whole(
      'an Ingress',
      post(networking('ingresses'), {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'a' },
        spec: {
          rules: [
            {
              host: 'x.dev',
              http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
            },
          ],
        },
      }),
    ),
    whole(
      'a NetworkPolicy',
      post(networking('networkpolicies'), {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'a' },
        spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
      }),
    ),
    whole(
      'a Role',
      post(rbac('roles'), {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'a' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
    ),
    whole(
      'a RoleBinding',
      post(rbac('rolebindings'), {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'a' },
        roleRef: { kind: 'Role', name: 'a' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's', namespace: '{ns}' },
        ],
      }),
    ),
    row(
      'a custom resource',
      post(custom('widgets'), {
        apiVersion: 'contract.slipway.dev/v1',
        kind: 'Widget',
        metadata: { name: 'a' },
        spec: { size: 1, ports: [{ name: 'x' }], nested: {} },
      }),
    ),
    row(
      'a custom resource: null takes the default',
      showing(
        post(custom('widgets'), {
          apiVersion: 'contract.slipway.dev/v1',
          kind: 'Widget',
          metadata: { name: 'a' },
          spec: { size: 1, mode: null, note: null, enabled: null },
        }),
        'spec',
      ),
    ),
  ]),
]
