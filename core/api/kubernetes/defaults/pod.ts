/** Defaults of pods and pod templates. Source: k8s.io/kubernetes pkg/apis/core/v1/defaults.go */
import { each, type Loose, type LooseObject } from '../loose.ts'
import { setDefault } from './set-default.ts'

/** An image named with no tag, or with `latest`, is pulled always. Source: pkg/util/parsers.ParseImageName */
const pullPolicy = (image: string): string => {
  const last = image.slice(image.lastIndexOf('/') + 1)
  if (last.includes('@')) return 'IfNotPresent'
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function httpGet(action: Loose | undefined): void {
  if (!action) return
  setDefault(action, 'path', '/')
  setDefault(action, 'scheme', 'HTTP')
}

function probe(p: Loose | undefined): void {
  if (!p) return
  httpGet(p.httpGet)
  if (p.grpc) p.grpc.service ??= ''
  p.timeoutSeconds ||= 1
  p.periodSeconds ||= 10
  p.successThreshold ||= 1
  p.failureThreshold ||= 3
}

function container(c: Loose): void {
  setDefault(c, 'imagePullPolicy', pullPolicy(c.image ?? ''))
  setDefault(c, 'terminationMessagePath', '/dev/termination-log')
  setDefault(c, 'terminationMessagePolicy', 'File')
  for (const port of each(c.ports)) setDefault(port, 'protocol', 'TCP')
  for (const { valueFrom } of each(c.env)) {
    if (valueFrom?.fieldRef) setDefault(valueFrom.fieldRef, 'apiVersion', 'v1')
    if (valueFrom?.resourceFieldRef) setDefault(valueFrom.resourceFieldRef, 'divisor', '0')
  }
  for (const p of [c.livenessProbe, c.readinessProbe, c.startupProbe]) probe(p)
  httpGet(c.lifecycle?.postStart?.httpGet)
  httpGet(c.lifecycle?.preStop?.httpGet)
}

const fieldItems = (items: unknown) => {
  for (const { fieldRef, resourceFieldRef } of each(items as Loose[])) {
    if (fieldRef) setDefault(fieldRef, 'apiVersion', 'v1')
    if (resourceFieldRef) setDefault(resourceFieldRef, 'divisor', '0')
  }
}

function volume(v: Loose): void {
  if (Object.keys(v).every(key => key === 'name')) v.emptyDir = {}
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) if (v[source]) v[source].defaultMode ??= 0o644
  fieldItems(v.downwardAPI?.items)
  for (const { serviceAccountToken, downwardAPI } of each(v.projected?.sources)) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600
    fieldItems(downwardAPI?.items)
  }
  if (v.hostPath) v.hostPath.type ??= ''
  if (v.iscsi) setDefault(v.iscsi, 'iscsiInterface', 'default')
  if (v.image) setDefault(v.image, 'pullPolicy', pullPolicy(v.image.reference ?? ''))
  if (v.ephemeral?.volumeClaimTemplate?.spec) setDefault(v.ephemeral.volumeClaimTemplate.spec, 'volumeMode', 'Filesystem')
}

/** Of pods and of every pod template. */
export function podSpec(spec: Loose | undefined): void {
  if (!spec) return
  for (const c of [...each(spec.initContainers), ...each(spec.containers), ...each(spec.ephemeralContainers)]) container(c)
  for (const v of each(spec.volumes)) volume(v)
  setDefault(spec, 'restartPolicy', 'Always')
  spec.terminationGracePeriodSeconds ??= 30
  setDefault(spec, 'dnsPolicy', 'ClusterFirst')
  spec.securityContext ??= {}
  setDefault(spec, 'schedulerName', 'default-scheduler')
  // The deprecated name is always written beside the new one. Source: pkg/apis/core/v1/conversion.go
  if (spec.serviceAccountName || spec.serviceAccount) {
    setDefault(spec, 'serviceAccountName', spec.serviceAccount)
    spec.serviceAccount = spec.serviceAccountName
  }
  if (!spec.hostNetwork) return
  for (const c of [...each(spec.initContainers), ...each(spec.containers)])
    for (const port of each(c.ports)) port.hostPort ||= port.containerPort
}

export const podTemplate = (template: Loose | undefined): void => podSpec(template?.spec)

export function pod({ spec }: LooseObject): void {
  if (!spec) return
  for (const c of [...each(spec.containers), ...each(spec.initContainers)])
    if (c.resources?.limits) c.resources.requests = { ...c.resources.limits, ...c.resources.requests }
  podSpec(spec)
  spec.enableServiceLinks ??= true
}
