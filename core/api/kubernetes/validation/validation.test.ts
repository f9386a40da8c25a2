import { expect } from 'chai'
import { describeFieldError } from '../../field-error.ts'
import type { KubeObject, ObjectMeta } from '../../meta.ts'
import { decode } from '../decode.ts'
import { defaultsOf } from '../defaults/index.ts'
import { definition, definitionName } from '../definitions.ts'
import { prepareOf } from '../prepare/index.ts'
import { nameCheckOf, validateMetadata, validationOf } from './index.ts'

const uid = '0b2c7a8e-0000-4000-8000-000000000001'

/** As the server does it: read, defaults, what it adds itself, checks. What an update does not name stays. */
function problemsOf(object: KubeObject, old?: KubeObject): string[] {
  const [group, version] = object.apiVersion.includes('/')
    ? (object.apiVersion.split('/') as [string, string])
    : ['', object.apiVersion]
  const ready = (o: KubeObject, before?: KubeObject) => {
    const copy = structuredClone(o)
    copy.metadata.uid ??= uid
    decode(definition(definitionName(group, version, o.kind)!), copy as unknown as Record<string, unknown>)
    defaultsOf(group, o.kind)?.(copy, before)
    if (!before) prepareOf(group, version, o.kind)(copy)
    return copy
  }
  const before = old && ready(old)
  const { spec } = object as KubeObject & { spec?: object }
  const { spec: oldSpec, ...rest } = (before ?? {}) as KubeObject & { spec?: object }
  const next = before ? { ...rest, ...object, ...(spec && { spec: { ...oldSpec, ...spec } }) } : object
  return validationOf(group, object.kind)!(ready(next, before), before).map(describeFieldError)
}
const pod = (spec: object) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'd' }, spec }) as unknown as KubeObject
const c = (more: object = {}) => ({ name: 'c', image: 'i', ...more })
const deployment = (more: object, labels: object = { app: 'x' }) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'd' },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels }, spec: { containers: [c()] } },
      ...more,
    },
  }) as unknown as KubeObject
const job = (spec: object, podSpec: object = {}) =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'd' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [c()], ...podSpec } }, ...spec },
  }) as unknown as KubeObject
const service = (spec: object) =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'd' }, spec }) as unknown as KubeObject
const data = (kind: string, more: object) =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'd' }, ...more }) as unknown as KubeObject

describe('what Kubernetes refuses', () => {
  const label1123 =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  const cases: [name: string, object: KubeObject, want: string[], old?: KubeObject][] = [
    ['a right pod', pod({ containers: [c()] }), []],
    ['a pod with no containers', pod({}), ['spec.containers: Required value']],
    ['a container with no image', pod({ containers: [{ name: 'c' }] }), ['spec.containers[0].image: Required value']],
    ['a container with no name', pod({ containers: [{ image: 'i' }] }), ['spec.containers[0].name: Required value']],
    [
      'a container with a bad name',
      pod({ containers: [{ name: 'C_1', image: 'i' }] }),
      [`spec.containers[0].name: Invalid value: "C_1": ${label1123}`],
    ],
    ['two containers of one name', pod({ containers: [c(), c()] }), ['spec.containers[1].name: Duplicate value: "c"']],
    [
      'a port out of range',
      pod({ containers: [c({ ports: [{ containerPort: 70_000 }] })] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'a protocol that is none',
      pod({ containers: [c({ ports: [{ containerPort: 80, protocol: 'HTTP' }] })] }),
      ['spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'a mount of a volume that is not there',
      pod({ containers: [c({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'two mounts in one place',
      pod({
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          c({
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'v', mountPath: '/v' },
            ],
          }),
        ],
      }),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
    ],
    [
      'a variable with value and source',
      pod({ containers: [c({ env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'a request above the limit',
      pod({ containers: [c({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } })] }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'a probe of two kinds',
      pod({ containers: [c({ livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } } })] }),
      ['spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      'a probe of no kind',
      pod({ containers: [c({ readinessProbe: {} })] }),
      ['spec.containers[0].readinessProbe: Required value: must specify a handler type'],
    ],
    [
      'a probe in an init container',
      pod({ containers: [c()], initContainers: [{ ...c(), name: 'i', livenessProbe: { httpGet: { port: 80 } } }] }),
      ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
    [
      'two kinds of volume in one',
      pod({ volumes: [{ name: 'v', emptyDir: {}, secret: { secretName: 's' } }], containers: [c()] }),
      ['spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'another restart policy',
      pod({ containers: [c()], restartPolicy: 'Sometimes' }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    ['a new image', pod({ containers: [c({ image: 'j' })] }), [], pod({ containers: [c()] })],
    [
      'other ports in a pod that is',
      pod({ containers: [c({ ports: [{ containerPort: 80 }] })] }),
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      ],
      pod({ containers: [c()] }),
    ],
    ['a right deployment', deployment({}), []],
    [
      'a template that the selector does not match',
      deployment({}, { app: 'y' }),
      ['spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`'],
    ],
    [
      'a deployment without selector',
      deployment({ selector: undefined }),
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'a deployment that does not restart',
      deployment({
        template: { metadata: { labels: { app: 'x' } }, spec: { restartPolicy: 'Never', containers: [c()] } },
      }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'another selector',
      deployment({ selector: { matchLabels: { b: 'y' } } }, { app: 'x', b: 'y' }),
      ['spec.selector: Invalid value: {"matchLabels":{"b":"y"}}: field is immutable'],
      deployment({}),
    ],
    ['negative replicas', deployment({ replicas: -1 }), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    ['a right job', job({}), []],
    [
      'a job that always restarts',
      job({}, { restartPolicy: 'Always' }),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    ['a right service', service({ ports: [{ port: 80 }] }), []],
    ['a service without ports', service({}), ['spec.ports: Required value']],
    [
      'a service with two ports of no name',
      service({ ports: [{ port: 80 }, { port: 81 }] }),
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'another address',
      service({ clusterIP: '10.0.0.2', ports: [{ port: 80 }] }),
      ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
      service({ clusterIP: '10.0.0.1', ports: [{ port: 80 }] }),
    ],
    [
      'a key that is none',
      data('ConfigMap', { data: { 'a b': '' } }),
      [
        `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ],
    ],
    [
      'a change of what is sealed',
      data('ConfigMap', { immutable: true, data: { a: '2' } }),
      ['data: Forbidden: field is immutable when `immutable` is set'],
      data('ConfigMap', { immutable: true, data: { a: '1' } }),
    ],
    [
      'a docker secret without its field',
      data('Secret', { type: 'kubernetes.io/dockerconfigjson' }),
      ['data[.dockerconfigjson]: Required value'],
    ],
  ]
  for (const [name, object, want, old] of cases) it(name, () => expect(problemsOf(object, old)).to.deep.equal(want))

  it('a job’s template does not change', () => {
    const problems = problemsOf(job({}, { containers: [c({ image: 'other' })] }), job({}))
    expect(problems.at(-1)).to.match(/^spec\.template: Invalid value: .*: field is immutable$/)
  })
})

describe('what Kubernetes refuses in metadata', () => {
  const check = (metadata: Partial<ObjectMeta>, kind = 'ConfigMap', namespaced = true) =>
    validateMetadata({ ...(namespaced && { namespace: 'd' }), ...metadata } as ObjectMeta, {
      namespaced,
      checkName: nameCheckOf('', kind),
    }).map(describeFieldError)
  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  const cases: [name: string, got: string[], want: string[]][] = [
    ['a right name', check({ name: 'a.b-1' }), []],
    ['capitals', check({ name: 'X' }), [`metadata.name: Invalid value: "X": ${subdomain}`]],
    ['no name', check({}), ['metadata.name: Required value: name or generateName is required']],
    [
      'a dot in the name of a namespace',
      check({ name: 'a.b' }, 'Namespace', false),
      ['metadata.name: Invalid value: "a.b": must not contain dots'],
    ],
    [
      'a digit first in the name of a service',
      check({ name: '1a' }, 'Service'),
      [
        `metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      'a space in a label’s value',
      check({ name: 'a', labels: { k: 'a b' } }),
      [
        `metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ],
    ],
    [
      'an owner without uid',
      check({ name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] }),
      ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
    ],
  ]
  for (const [name, got, want] of cases) it(name, () => expect(got).to.deep.equal(want))
})
