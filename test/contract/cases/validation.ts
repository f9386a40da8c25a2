/** 422s of Kubernetes' own kinds: messages, reasons and fields of every cause. */
import { group, post, row } from '../case.ts'
import {
  autoscaler,
  budget,
  configMap,
  container,
  cronJob,
  deployment,
  endpointSlice,
  job,
  pod,
  replicaSet,
  secret,
  service,
  template,
  widget,
} from '../objects.ts'
import { apps, autoscaling, batch, core, custom, discovery, policy } from '../paths.ts'

type Json = Record<string, unknown>
const cm = (name: string, metadata: Json, rest: Json = {}) =>
  row(name, post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', ...rest, metadata: { name: 'a', ...metadata } }))
const inPod = (name: string, spec: Json) => row(name, post(core('pods'), pod('a', spec)))
const inContainer = (name: string, rest: Json) => inPod(name, { containers: [container(rest)] })
const inDeployment = (name: string, spec: Json) => row(name, post(apps('deployments'), deployment('web', spec)))
const inJob = (name: string, spec: Json) => row(name, post(batch('jobs'), job('a', spec)))
const inService = (name: string, spec: Json) => row(name, post(core('services'), service('a', spec)))
const long = (length: number) => 'x'.repeat(length)

export const validation = [
  ...group('metadata', [
    cm('name with capitals', { name: 'Bad_Name' }),
    cm('name with a slash', { name: 'a/b' }),
    cm('name of a dot', { name: '..' }),
    cm('name too long', { name: long(254) }),
    cm('generateName with capitals', { name: undefined, generateName: 'Bad-' }),
    cm('label key with two slashes', { labels: { 'a/b/c': 'x' } }),
    cm('label key empty', { labels: { '': 'x' } }),
    cm('label key with a bad prefix', { labels: { 'A_/x': 'x' } }),
    cm('label name too long', { labels: { [long(64)]: 'x' } }),
    cm('label value with a space', { labels: { a: 'x y' } }),
    cm('label value too long', { labels: { a: long(64) } }),
    cm('annotation key with a space', { annotations: { 'a b': 'x' } }),
    cm('annotations too large', { annotations: { a: long(262145) } }),
    cm('owner without a uid', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b' }] }),
    cm('owner without anything', { ownerReferences: [{}] }),
    cm('two controllers', {
      ownerReferences: ['b', 'c'].map(name => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name,
        uid: `u-${name}`,
        controller: true,
      })),
    }),
    cm('an owner that is an Event', { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'e', uid: 'u' }] }),
    cm('labels of a wrong type', { labels: { a: 1 } }),
    cm('labels as a list', { labels: ['a'] }),
    cm('a name of a wrong type', { name: 5 }),
    row('of a custom resource: name', post(custom('widgets'), widget('Bad_Name'))),
    row('of a custom resource: label', post(custom('widgets'), widget('a', { size: 1 }, { labels: { a: 'x y' } }))),
    row('of a custom resource: labels of a wrong type', post(custom('widgets'), widget('a', { size: 1 }, { labels: { a: 1 } }))),
    row(
      'of a namespace: name',
      post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'has.dot' } }),
    ),
    row('of a Service: name', post(core('services'), service('1a'))),
    row('of a Pod: name too long for a host is accepted', post(core('pods'), pod('Bad'))),
  ]),
  ...group('ConfigMap and Secret', [
    cm('key with a space', {}, { data: { 'a b': 'x' } }),
    cm('key of dots', {}, { data: { '..': 'x' } }),
    cm('key too long', {}, { data: { [long(254)]: 'x' } }),
    cm('key in both maps', {}, { data: { a: 'x' }, binaryData: { a: 'eA==' } }),
    cm('binaryData that is not base64', {}, { binaryData: { a: '***' } }),
    cm('data that is not text', {}, { data: { a: 5 } }),
    cm('too large', {}, { data: { a: long(1_048_577) } }),
    row('Secret data that is not base64', post(core('secrets'), secret('a', { data: { a: '***' } }))),
    row('Secret of type tls without its keys', post(core('secrets'), secret('a', { type: 'kubernetes.io/tls' }))),
    row(
      'Secret of type dockerconfigjson without its key',
      post(core('secrets'), secret('a', { type: 'kubernetes.io/dockerconfigjson' })),
    ),
    row(
      'Secret of type dockerconfigjson that is no JSON',
      post(core('secrets'), secret('a', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } })),
    ),
    row(
      'Secret of type basic-auth without user and password',
      post(core('secrets'), secret('a', { type: 'kubernetes.io/basic-auth' })),
    ),
    row('Secret of type ssh-auth without its key', post(core('secrets'), secret('a', { type: 'kubernetes.io/ssh-auth' }))),
  ]),
  ...group('Pod', [
    inPod('without containers', { containers: [] }),
    row('without a spec', post(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })),
    inPod('a container without name and image', { containers: [{}] }),
    inContainer('a container name with capitals', { name: 'Main' }),
    inContainer('an image with a space', { image: ' app' }),
    inPod('two containers of one name', { containers: [container(), container()] }),
    inPod('an init container of the name of a container', { initContainers: [container()] }),
    inPod('an unknown restart policy', { restartPolicy: 'Sometimes' }),
    inPod('an unknown DNS policy', { dnsPolicy: 'Best' }),
    inPod('a negative grace', { terminationGracePeriodSeconds: -5 }),
    inPod('a deadline of 0', { activeDeadlineSeconds: 0 }),
    inContainer('an unknown pull policy', { imagePullPolicy: 'Maybe' }),
    inContainer('a port out of range', { ports: [{ containerPort: 70000 }] }),
    inContainer('a port without number', { ports: [{ name: 'http' }] }),
    inContainer('a port name too long', { ports: [{ containerPort: 80, name: 'averyverylongname' }] }),
    inContainer('a port protocol', { ports: [{ containerPort: 80, protocol: 'ICMP' }] }),
    inContainer('two ports of one name', {
      ports: [
        { containerPort: 80, name: 'a' },
        { containerPort: 81, name: 'a' },
      ],
    }),
    inContainer('an env without name', { env: [{ value: 'x' }] }),
    inContainer('an env name with =', { env: [{ name: 'A=B', value: 'x' }] }),
    inContainer('an env with value and valueFrom', {
      env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    }),
    inContainer('an env with an empty valueFrom', { env: [{ name: 'A', valueFrom: {} }] }),
    inContainer('an env from an unknown field', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.unknown' } } }] }),
    inContainer('an env from a config map without key', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c' } } }] }),
    inContainer('envFrom of nothing', { envFrom: [{}] }),
    inContainer('a mount without its volume', { volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    inContainer('a mount without path', { volumeMounts: [{ name: 'v' }] }),
    inPod('two mounts at one path', {
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        container({
          volumeMounts: [
            { name: 'v', mountPath: '/x' },
            { name: 'v', mountPath: '/x' },
          ],
        }),
      ],
    }),
    inPod('a volume without a name', { volumes: [{ emptyDir: {} }] }),
    inPod('two volumes of one name', {
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
    }),
    inPod('a volume with two sources', { volumes: [{ name: 'v', emptyDir: {}, configMap: { name: 'c' } }] }),
    inPod('a secret volume without a name', { volumes: [{ name: 'v', secret: {} }] }),
    inPod('a volume mode out of range', { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 1000 } }] }),
    inPod('an item path that leaves the volume', {
      volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } }],
    }),
    inContainer('a probe without a handler', { livenessProbe: {} }),
    inContainer('a probe with two handlers', { livenessProbe: { httpGet: { port: 80 }, exec: { command: ['x'] } } }),
    inContainer('a probe with a bad port', { livenessProbe: { httpGet: { port: 0 } } }),
    inContainer('a probe with a negative period', { readinessProbe: { httpGet: { port: 80 }, periodSeconds: -1 } }),
    inContainer('a liveness probe with successThreshold 2', { livenessProbe: { httpGet: { port: 80 }, successThreshold: 2 } }),
    inContainer('a probe without command', { livenessProbe: { exec: {} } }),
    inContainer('requests above limits', { resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    inContainer('a negative limit', { resources: { limits: { cpu: '-1' } } }),
    inContainer('a bad quantity', { resources: { limits: { cpu: 'lots' } } }),
    inContainer('an unknown resource', { resources: { limits: { thing: '1' } } }),
    inPod('a bad node selector', { nodeSelector: { 'a b': 'c' } }),
    inPod('a bad host name', { hostname: 'Not_A_Host' }),
    inPod('an unknown toleration operator', { tolerations: [{ key: 'k', operator: 'Maybe' }] }),
    inPod('a bad service account name', { serviceAccountName: 'Bad_Name' }),
    inContainer('a field of a wrong type', { command: 'not a list' }),
    inContainer('a number where text belongs', { name: 5 }),
    inPod('three faults at once', { restartPolicy: 'X', containers: [{ name: 'Bad', image: '' }] }),
  ]),
  ...group('workload', [
    inDeployment('Deployment: selector does not match the template', { selector: { matchLabels: { app: 'other' } } }),
    row(
      'Deployment: without selector',
      post(apps('deployments'), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { template: template() },
      }),
    ),
    row(
      'Deployment: without spec',
      post(apps('deployments'), { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }),
    ),
    inDeployment('Deployment: empty selector', { selector: {} }),
    inDeployment('Deployment: negative replicas', { replicas: -1 }),
    inDeployment('Deployment: replicas that is text', { replicas: '3' }),
    inDeployment('Deployment: restart policy', { template: template({ restartPolicy: 'Never' }) }),
    inDeployment('Deployment: unknown strategy', { strategy: { type: 'Blue' } }),
    inDeployment('Deployment: Recreate with rollingUpdate', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
    inDeployment('Deployment: no surge and nothing unavailable', {
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
    }),
    inDeployment('Deployment: bad percentage', { strategy: { rollingUpdate: { maxSurge: 'half' } } }),
    inDeployment('Deployment: deadline below minReadySeconds', { minReadySeconds: 700 }),
    inDeployment('Deployment: bad selector operator', {
      selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['x'] }] },
    }),
    inDeployment('Deployment: a container without image', { template: template({ containers: [{ name: 'main' }] }) }),
    row(
      'ReplicaSet: selector does not match',
      post(apps('replicasets'), replicaSet('a', { selector: { matchLabels: { x: 'y' } } })),
    ),
    inJob('Job: restart policy Always', { template: { spec: { restartPolicy: 'Always', containers: [container()] } } }),
    inJob('Job: without restart policy', { template: { spec: { containers: [container()] } } }),
    inJob('Job: negative completions', { completions: -1 }),
    inJob('Job: negative backoffLimit', { backoffLimit: -1 }),
    inJob('Job: indexed without completions', { completionMode: 'Indexed' }),
    inJob('Job: own selector', { selector: { matchLabels: { a: 'b' } } }),
    inJob('Job: bad deadline', { activeDeadlineSeconds: -1 }),
    inJob('Job: unknown completion mode', { completionMode: 'Random' }),
    row('CronJob: bad schedule', post(batch('cronjobs'), cronJob('a', { schedule: 'now and then' }))),
    row('CronJob: bad time zone', post(batch('cronjobs'), cronJob('a', { timeZone: 'Mars/Base' }))),
    row('CronJob: unknown policy', post(batch('cronjobs'), cronJob('a', { concurrencyPolicy: 'Maybe' }))),
    row('CronJob: name too long', post(batch('cronjobs'), cronJob(long(53)))),
  ]),
  ...group('Service and others', [
    inService('Service: without ports', { ports: [] }),
    inService('Service: port out of range', { ports: [{ port: 0 }] }),
    inService('Service: two ports without names', { ports: [{ port: 80 }, { port: 81 }] }),
    inService('Service: two ports of one name', {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    inService('Service: one port twice', {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    inService('Service: unknown type', { type: 'Public' }),
    inService('Service: bad clusterIP', { clusterIP: 'nope' }),
    inService('Service: clusterIP outside the range', { clusterIP: '192.168.1.1' }),
    inService('Service: ExternalName without a name', { type: 'ExternalName', ports: undefined }),
    inService('Service: bad affinity', { sessionAffinity: 'Sometimes' }),
    inService('Service: bad selector value', { selector: { a: 'x y' } }),
    inService('Service: bad target port name', { ports: [{ port: 80, targetPort: 'Not_Valid_At_All' }] }),
    inService('Service: nodePort of a ClusterIP', { ports: [{ port: 80, nodePort: 30099 }] }),
    row('EndpointSlice: without address type', post(discovery('endpointslices'), endpointSlice('a', { endpoints: [] }))),
    row(
      'EndpointSlice: bad address',
      post(discovery('endpointslices'), endpointSlice('a', { addressType: 'IPv4', endpoints: [{ addresses: ['nope'] }] })),
    ),
    row('PodDisruptionBudget: both limits', post(policy('poddisruptionbudgets'), budget('a', { maxUnavailable: 1 }))),
    row(
      'HorizontalPodAutoscaler: no maximum',
      post(autoscaling('horizontalpodautoscalers'), autoscaler('a', { maxReplicas: 0 })),
    ),
    row(
      'HorizontalPodAutoscaler: minimum above maximum',
      post(autoscaling('horizontalpodautoscalers'), autoscaler('a', { minReplicas: 9 })),
    ),
    row(
      'ConfigMap of too many causes',
      post(core('configmaps'), configMap('Bad', { data: { 'a b': '1', 'c d': '2' } }, { labels: { 'x y': 'z w' } })),
    ),
  ]),
]
