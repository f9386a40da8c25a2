/** status, scale, binding, eviction, token, log and others. */
import { get, group, mergePatch, post, put, quiet, remove, row, showing } from '../case.ts'
import { budget, configMap, deployment, job, pod, replicaSet, widget } from '../objects.ts'
import { apps, batch, core, custom, policy } from '../paths.ts'

const madeWidget = quiet(post(custom('widgets'), widget('a')))
const madeDeployment = quiet(post(apps('deployments'), deployment('web', { replicas: 2 })))
const madePod = quiet(post(core('pods'), pod('a')))
const madePodOnNode = quiet(post(core('pods'), pod('a', { nodeName: 'n1' }, { labels: { app: 'web' } })))
const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }
const robot = quiet(post(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }))

export const subresources = [
  ...group('status', [
    row(
      'of a custom resource by update',
      madeWidget,
      put(custom('widgets', 'a', 'status'), {
        ...widget('a', { size: 9 }, { resourceVersion: '{0.metadata.resourceVersion}', labels: { ignored: 'yes' } }),
        status: { replicas: 2 },
      }),
    ),
    row(
      'of a custom resource by merge patch',
      madeWidget,
      mergePatch(custom('widgets', 'a', 'status'), { spec: { size: 9 }, status: { replicas: 2 } }),
    ),
    row(
      'of a custom resource is read',
      madeWidget,
      quiet(mergePatch(custom('widgets', 'a', 'status'), { status: { replicas: 2 } })),
      get(custom('widgets', 'a', 'status')),
    ),
    row(
      'of a custom resource with a stale resourceVersion',
      madeWidget,
      quiet(mergePatch(custom('widgets', 'a'), { spec: { size: 2 } })),
      put(custom('widgets', 'a', 'status'), {
        ...widget('a', { size: 1 }, { resourceVersion: '{0.metadata.resourceVersion}' }),
        status: {},
      }),
    ),
    row(
      'keeps the generation',
      madeWidget,
      showing(mergePatch(custom('widgets', 'a', 'status'), { status: { replicas: 2 } }), 'metadata.generation'),
    ),
    row(
      'may not add labels to a custom resource',
      madeWidget,
      showing(
        mergePatch(custom('widgets', 'a', 'status'), {
          metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
          status: { x: 1 },
        }),
        'metadata.labels',
        'metadata.annotations',
      ),
    ),
    row(
      'of a Deployment',
      madeDeployment,
      mergePatch(apps('deployments', 'web', 'status'), { status: { replicas: 2, observedGeneration: 1 } }),
    ),
    row(
      'of a Deployment is checked',
      madeDeployment,
      mergePatch(apps('deployments', 'web', 'status'), { status: { replicas: -1, readyReplicas: 5 } }),
    ),
    row(
      'of a Pod',
      madePod,
      showing(
        mergePatch(core('pods', 'a', 'status'), {
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
        }),
        'status',
        'metadata.managedFields',
      ),
    ),
    row(
      'of a Job that is inconsistent',
      quiet(post(batch('jobs'), job('a'))),
      mergePatch(batch('jobs', 'a', 'status'), { status: { conditions: [{ type: 'Complete', status: 'True' }] } }),
    ),
    row(
      'of a resource without the subresource',
      quiet(post(core('configmaps'), configMap('a'))),
      get(core('configmaps', 'a', 'status')),
    ),
    row(
      'of a custom resource without the subresource',
      quiet(post(custom('rules'), { apiVersion: 'contract.slipway.dev/v1', kind: 'Rule', metadata: { name: 'a' } })),
      get(custom('rules', 'a', 'status')),
    ),
    row('of what is not there', mergePatch(custom('widgets', 'a', 'status'), { status: {} })),
    row('cannot be created', madeWidget, post(custom('widgets', 'a', 'status'), widget('a'))),
    row('cannot be deleted', madeWidget, remove(custom('widgets', 'a', 'status'))),
  ]),
  ...group('scale', [
    row('of a Deployment is read', madeDeployment, get(apps('deployments', 'web', 'scale'))),
    row(
      'of a Deployment is changed',
      madeDeployment,
      mergePatch(apps('deployments', 'web', 'scale'), { spec: { replicas: 5 } }),
      showing(get(apps('deployments', 'web')), 'spec.replicas', 'metadata.generation', 'metadata.managedFields'),
    ),
    row(
      'of a Deployment is replaced',
      madeDeployment,
      put(apps('deployments', 'web', 'scale'), {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'web', namespace: '{ns}' },
        spec: { replicas: 0 },
      }),
    ),
    row('negative', madeDeployment, mergePatch(apps('deployments', 'web', 'scale'), { spec: { replicas: -1 } })),
    row(
      'with a stale resourceVersion',
      madeDeployment,
      quiet(mergePatch(apps('deployments', 'web'), { spec: { paused: true } })),
      put(apps('deployments', 'web', 'scale'), {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'web', namespace: '{ns}', resourceVersion: '{0.metadata.resourceVersion}' },
        spec: { replicas: 1 },
      }),
    ),
    row(
      'of a ReplicaSet',
      quiet(post(apps('replicasets'), replicaSet('web', { replicas: 3 }))),
      get(apps('replicasets', 'web', 'scale')),
    ),
    row('of a custom resource is read', madeWidget, get(custom('widgets', 'a', 'scale'))),
    row(
      'of a custom resource with a status',
      madeWidget,
      quiet(mergePatch(custom('widgets', 'a', 'status'), { status: { replicas: 4, selector: 'app=x' } })),
      showing(get(custom('widgets', 'a', 'scale')), 'spec', 'status'),
    ),
    row(
      'of a custom resource is changed',
      madeWidget,
      mergePatch(custom('widgets', 'a', 'scale'), { spec: { replicas: 5 } }),
      showing(get(custom('widgets', 'a')), 'spec.size', 'metadata.generation', 'metadata.managedFields'),
    ),
    row(
      'of a custom resource beyond its schema',
      madeWidget,
      mergePatch(custom('widgets', 'a', 'scale'), { spec: { replicas: 99 } }),
    ),
    row('of what is not there', get(apps('deployments', 'web', 'scale'))),
    row('of what has none', quiet(post(core('configmaps'), configMap('a'))), get(core('configmaps', 'a', 'scale'))),
  ]),
  ...group('Pod', [
    row(
      'binding',
      madePod,
      post(core('pods', 'a', 'binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Node', name: 'n1' },
      }),
      showing(get(core('pods', 'a')), 'spec.nodeName', 'status.conditions.0.type', 'status.conditions.0.status'),
    ),
    row(
      'binding twice',
      madePod,
      quiet(
        post(core('pods', 'a', 'binding'), {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'a' },
          target: { kind: 'Node', name: 'n1' },
        }),
      ),
      post(core('pods', 'a', 'binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Node', name: 'n2' },
      }),
    ),
    row(
      'binding to something that is no node',
      madePod,
      post(core('pods', 'a', 'binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Pod', name: 'x' },
      }),
    ),
    row(
      'binding without a target',
      madePod,
      post(core('pods', 'a', 'binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Node', name: '' },
      }),
    ),
    row(
      'binding of what is not there',
      post(core('pods', 'a', 'binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Node', name: 'n1' },
      }),
    ),
    row(
      'eviction',
      madePodOnNode,
      post(core('pods', 'a', 'eviction'), eviction),
      showing(get(core('pods', 'a')), 'metadata.deletionGracePeriodSeconds'),
    ),
    row(
      'eviction that a budget forbids',
      quiet(post(policy('poddisruptionbudgets'), budget('a'))),
      madePodOnNode,
      quiet(
        mergePatch(core('pods', 'a', 'status'), {
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
        }),
      ),
      quiet(
        mergePatch(policy('poddisruptionbudgets', 'a', 'status'), {
          status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
        }),
      ),
      post(core('pods', 'a', 'eviction'), eviction),
    ),
    row('eviction of what is not there', post(core('pods', 'a', 'eviction'), eviction)),
    row('log on no node', madePod, get(core('pods', 'a', 'log'))),
    row('log of what is not there', get(core('pods', 'a', 'log'))),
    row('log of an unknown container', madePodOnNode, get(`${core('pods', 'a', 'log')}?container=nobody`)),
    row(
      'log of two containers without a name',
      quiet(
        post(
          core('pods'),
          pod('a', {
            nodeName: 'n1',
            containers: [
              { name: 'x', image: 'i' },
              { name: 'y', image: 'i' },
            ],
          }),
        ),
      ),
      get(core('pods', 'a', 'log')),
    ),
    row('log with a bad tail', madePodOnNode, get(`${core('pods', 'a', 'log')}?tailLines=-1`)),
    row(
      'an ephemeral container',
      madePodOnNode,
      showing(
        mergePatch(core('pods', 'a', 'ephemeralcontainers'), {
          spec: { ephemeralContainers: [{ name: 'debug', image: 'd:1' }] },
        }),
        'spec.ephemeralContainers',
      ),
    ),
    row(
      'an ephemeral container by the Pod itself',
      madePodOnNode,
      mergePatch(core('pods', 'a'), { spec: { ephemeralContainers: [{ name: 'debug', image: 'd:1' }] } }),
    ),
    row('an unknown subresource', madePod, get(core('pods', 'a', 'unknown'))),
  ]),
  ...group('ServiceAccount token', [
    row(
      'is given',
      robot,
      showing(
        post(core('serviceaccounts', 'robot', 'token'), {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 600, audiences: ['me'] },
        }),
        'kind',
        'apiVersion',
        'spec',
        'status',
        'metadata.name',
        'metadata.namespace',
      ),
    ),
    row(
      'too short a time',
      robot,
      post(core('serviceaccounts', 'robot', 'token'), {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 5 },
      }),
    ),
    row(
      'of what is not there',
      post(core('serviceaccounts', 'nobody', 'token'), {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      }),
    ),
  ]),
  ...group('review', [
    row(
      'SelfSubjectAccessReview',
      showing(
        post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
        }),
        'kind',
        'spec',
        'status.allowed',
      ),
    ),
    row(
      'SelfSubjectReview',
      showing(
        post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'SelfSubjectReview',
        }),
        'kind',
        'apiVersion',
      ),
    ),
    row(
      'TokenReview of a bad token',
      showing(
        post('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: 'nonsense' },
        }),
        'kind',
        'status.authenticated',
      ),
    ),
  ]),
]
