/** The namespace controller: empties a namespace that is being deleted, then lets it go. */
import { isStatus, k8s } from '@slipway/core/api'
import { type ReconcileContext, type Reconciler, sameJson } from '@slipway/core/runtime'
import { type DiscoveredKind, discoverKinds } from '../garbage/discovery.ts'
import { namespaceConditions, type Remaining } from './namespace-conditions.ts'
import { clearNamespace } from './namespace-contents.ts'

/** Changes of what is left bring the namespace back at once; this is for what nothing announces. */
const lookAgainMs = 10_000
const finalizer = 'kubernetes'

const isEmpty = ({ resources, failures, discovery }: Remaining) => !resources.size && !failures.length && !discovery

async function contents(namespace: string, context: ReconcileContext): Promise<Remaining> {
  let kinds: DiscoveredKind[]
  try {
    // Not from memory: a resource that came a moment ago may have objects here too.
    kinds = await discoverKinds(context.api)
  } catch (error) {
    const discovery = error instanceof Error ? error.message : String(error)
    return { resources: new Map(), finalizers: new Map(), failures: [], discovery }
  }
  return clearNamespace(context.api, kinds, namespace)
}

async function writeConditions(
  namespace: k8s.Namespace,
  left: Remaining,
  { api, now }: ReconcileContext,
): Promise<k8s.Namespace> {
  const conditions = namespaceConditions(namespace.status?.conditions, left, now)
  const status = { ...namespace.status, phase: 'Terminating', conditions }
  if (sameJson(namespace.status, status)) return namespace
  return api.updateStatus(k8s.Namespace, { ...namespace, status })
}

async function finalize(namespace: k8s.Namespace, { api }: ReconcileContext): Promise<void> {
  const { name } = namespace.metadata
  const finalizers = namespace.spec?.finalizers?.filter(f => f !== finalizer) ?? []
  const response = await api.raw('PUT', `/api/v1/namespaces/${encodeURIComponent(name)}/finalize`, {
    body: { ...namespace, spec: { ...namespace.spec, finalizers } },
  })
  const text = await response.text()
  if (response.ok || response.status === 404) return
  throw new Error(`namespace "${name}" could not be finalized: ${response.status} ${text.slice(0, 300)}`)
}

export const namespaceReconciler: Reconciler<k8s.Namespace> = {
  name: 'namespace-controller',
  kind: k8s.Namespace,
  concurrency: 5,
  async reconcile(namespace, context) {
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(finalizer)) return undefined
    const left = await contents(namespace.metadata.name, context)
    try {
      const written = await writeConditions(namespace, left, context)
      if (!isEmpty(left)) return { requeueAfterMs: lookAgainMs }
      await finalize(written, context)
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
    return undefined
  },
}
