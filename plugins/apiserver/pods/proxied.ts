/** Subresources of pods that a kubelet answers. */
import { badRequest } from '@slipway/core/api'
import type { VerbHandler } from '../verbs/call.ts'
import { requireEntry } from '../verbs/get.ts'
import { kubeletTarget } from './kubelet-path.ts'

/** Those that need an upgraded connection. */
export const upgraded = new Set(['exec', 'attach', 'portforward'])

export const podLog: VerbHandler = async (context, call) => {
  const pod = requireEntry(context.store, call.resource, call.namespace, call.name!).object
  const target = kubeletTarget(pod, 'log', call.query)
  if (target) await context.kubelet.stream(target.node, target.path, call.request, call.response)
  else call.response.writeHead(204).end()
  return undefined
}

export const needsUpgrade: VerbHandler = () => {
  throw badRequest('Upgrade request required')
}
