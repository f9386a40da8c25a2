/** A container's environment. Pure: what it refers to is handed in. Source: kubelet's makeEnvironmentVariables, third_party/forked/golang/expansion */
import type { k8s } from '@slipway/core/api'
import { ConfigError, fieldOfPod, type PodFacts, resourceOfContainer } from './downward.ts'

export interface Referenced {
  configMap(name: string): k8s.ConfigMap | undefined
  secret(name: string): k8s.Secret | undefined
}

/** `$(NAME)` is replaced when the name is known, `$$` is `$`; anything else stays. */
export function expand(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) => (whole === '$$' ? '$' : (known(name!) ?? whole)))
}

const isName = (key: string) => /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)
const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

function keyOf(
  kind: 'configmap' | 'secret',
  ref: { name?: string; key: string; optional?: boolean },
  from: Referenced,
  namespace: string,
): string | undefined {
  const object = kind === 'configmap' ? from.configMap(ref.name ?? '') : from.secret(ref.name ?? '')
  if (!object) {
    if (ref.optional) return undefined
    throw new ConfigError(`${kind} ${JSON.stringify(ref.name)} not found`)
  }
  const value = object.data?.[ref.key]
  if (value !== undefined) return kind === 'secret' ? decode(value) : value
  if (ref.optional) return undefined
  throw new ConfigError(`couldn't find key ${ref.key} in ${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${namespace}/${ref.name}`)
}

/**
 * @param base the image's own environment, `NAME=value`
 * @throws ConfigError in kubelet's words, when something referred to is missing
 */
export function environment(
  container: k8s.Container,
  base: readonly string[],
  from: Referenced,
  facts: PodFacts,
): Record<string, string> {
  const result: Record<string, string> = {}
  for (const line of base) {
    const cut = line.indexOf('=')
    result[cut < 0 ? line : line.slice(0, cut)] = cut < 0 ? '' : line.slice(cut + 1)
  }
  const declared: Record<string, string> = {}
  const set = (name: string, value: string) => {
    declared[name] = value
    result[name] = value
  }
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef
    const object = configMapRef ? from.configMap(configMapRef.name ?? '') : from.secret(secretRef?.name ?? '')
    if (!object && !ref?.optional)
      throw new ConfigError(`${configMapRef ? 'configmap' : 'secret'} ${JSON.stringify(ref?.name)} not found`)
    for (const [key, value] of Object.entries(object?.data ?? {}))
      if (isName(prefix + key)) set(prefix + key, configMapRef ? value : decode(value))
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!valueFrom) {
      set(
        name,
        expand(value ?? '', n => declared[n]),
      )
      continue
    }
    const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom
    const found = configMapKeyRef
      ? keyOf('configmap', configMapKeyRef, from, facts.pod.metadata.namespace ?? '')
      : secretKeyRef
        ? keyOf('secret', secretKeyRef, from, facts.pod.metadata.namespace ?? '')
        : fieldRef
          ? fieldOfPod(fieldRef.fieldPath, facts)
          : resourceFieldRef
            ? resourceOfContainer(resourceFieldRef, container.name, facts)
            : ''
    if (found !== undefined) set(name, found)
  }
  return result
}

/** The process's arguments: the pod's command and args over the image's entrypoint and cmd, expanded. Source: kubelet's container expansion */
export function processArgs(
  container: Pick<k8s.Container, 'command' | 'args'>,
  image: { Entrypoint?: readonly string[]; Cmd?: readonly string[] },
  env: Record<string, string>,
): string[] {
  const known = (name: string) => env[name]
  const command = container.command?.map(part => expand(part, known))
  const args = container.args?.map(part => expand(part, known))
  if (command?.length) return [...command, ...(args ?? [])]
  return [...(image.Entrypoint ?? []), ...(args?.length ? args : (image.Cmd ?? []))]
}

/** Names of all configMaps and secrets that the environments of a pod refer to. */
export function referencedByEnv(spec: k8s.PodSpec): { configMaps: Set<string>; secrets: Set<string> } {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef?.name) configMaps.add(configMapRef.name)
      if (secretRef?.name) secrets.add(secretRef.name)
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef?.name) configMaps.add(valueFrom.configMapKeyRef.name)
      if (valueFrom?.secretKeyRef?.name) secrets.add(valueFrom.secretKeyRef.name)
    }
  }
  return { configMaps, secrets }
}
