/** Subresources of pods that a kubelet answers. */
import { badRequest } from '@slipway/core/api'
import type { VerbHandler } from '../verbs/call.ts'
import { requireEntry } from '../verbs/get.ts'
import { kubeletTarget } from './kubelet-path.ts'

/** Those that need an upgraded connection. */
export const upgraded = new Set(['exec', 'attach', 'portforward'])

export const podLog: VerbHandler = async (context, call) => {
  const pod = requireEntry(context.store, call.resource, call.namespace, call.name!).object
  const { node, path } = kubeletTarget(pod, 'log', call.query)
  await context.kubelet.stream(node, path, call.request, call.response)
  return undefined
}

export const needsUpgrade: VerbHandler = () => {
  throw badRequest('Upgrade request required')
}
