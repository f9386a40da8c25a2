/** POST pods/NAME/binding: puts a pod on a node. Source: k8s.io/kubernetes pkg/registry/core/pod/storage/storage.go */
import { conflict, type KubeObject, StatusError } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { isDict } from '../apply/shape.ts'
import { keyIn, servedCopy } from '../object/stored.ts'
import type { VerbHandler } from '../verbs/call.ts'
import { commit } from '../verbs/commit.ts'
import { requireEntry } from '../verbs/get.ts'
import { sentObject } from '../verbs/sent-object.ts'
import { writeOptions } from '../verbs/write-options.ts'

type Pod = KubeObject & { spec: { nodeName?: string }; status?: { conditions?: { type: string }[] } }

/** kube-apiserver does not count these as the client's fault. */
const refused = (message: string) => new StatusError(500, 'Unknown', message)

export const bindPod: VerbHandler = async (context, call) => {
  const options = writeOptions(call, 'CreateOptions')
  const { value } = await sentObject(call, 'Binding')
  const { target, metadata } = value as {
    target?: { kind?: string; name?: string }
    metadata?: { annotations?: Record<string, string>; uid?: string }
  }
  if (!isDict(target) || !target.name) throw refused('target.name: Required value')
  if (target.kind && target.kind !== 'Node')
    throw refused(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`)
  const { resource, namespace, name } = call
  await commit(context.store, options.dryRun, tx => {
    const current = requireEntry(tx, resource, namespace, name!)
    const pod = servedCopy(resource, current) as Pod
    const refuse = (why: string) => conflict('pods/binding', '', name!, why)
    if (metadata?.uid && metadata.uid !== pod.metadata.uid)
      throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`)
    if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
    if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
    pod.spec.nodeName = target.name!
    if (metadata?.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations }
    const others = pod.status?.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? []
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: rfc3339(context.now()) }
    pod.status = { ...pod.status, conditions: [...others, scheduled] }
    tx.put(keyIn(resource, namespace, name!), pod)
  })
  return { code: 201, json: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }) }
}
