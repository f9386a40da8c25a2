/** Where a working tree goes: namespace, name, and the git server of the installation. */
import { kubernetesName, type Snapshot } from './snapshot.ts'

export interface TreeOptions {
  home?: string
  namespace?: string
  name?: string
}
export interface TreeTarget {
  namespace: string
  name: string
  remote: string
}

export const defaultNamespace = 'demo'

/** @throws Error when the installation has no git server that this machine can reach */
export function targetOf(
  { namespace = defaultNamespace, name }: TreeOptions,
  snapshot: Snapshot,
  addresses: Record<string, string>,
): TreeTarget {
  if (!addresses.git) throw new Error('this installation has no git server that is known here; is "slipway start" running?')
  const chosen = name ?? kubernetesName(snapshot.name)
  return { namespace, name: chosen, remote: `${addresses.git}/${namespace}/${chosen}.git` }
}
