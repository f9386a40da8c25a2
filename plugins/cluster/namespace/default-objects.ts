/** What every namespace has: the `default` ServiceAccount, and the API server's authority in `kube-root-ca.crt`. Source: pkg/controller/serviceaccount, certificates/rootcacertpublisher */
import { isStatus, type KubeObject, k8s, objectOf, type ResourceKind } from '@slipway/core/api'
import { type ReconcileContext, type Reconciler, watch } from '@slipway/core/runtime'
import { isNamespaceLeaving } from '../pods/create-pod.ts'

export const serviceAccountName = 'default'
export const rootCaName = 'kube-root-ca.crt'

async function ensure<T extends KubeObject>(kind: ResourceKind<T>, object: T, { api }: ReconcileContext): Promise<void> {
  try {
    await api.create(kind, object)
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists') && !isStatus(error, 'NotFound') && !isNamespaceLeaving(error)) throw error
  }
}

/** @param ca PEM of the authority that signs the API server's certificate; without one there is no ConfigMap */
export function defaultObjectsReconciler(ca: string | undefined): Reconciler<k8s.Namespace> {
  return {
    name: 'default-objects-controller',
    kind: k8s.Namespace,
    watches: [
      watch(k8s.ServiceAccount, ({ metadata }) =>
        metadata.name === serviceAccountName && metadata.namespace ? [metadata.namespace] : [],
      ),
    ],
    async reconcile(namespace, context) {
      if (!namespace || namespace.metadata.deletionTimestamp) return undefined
      const { name } = namespace.metadata
      if (!context.read.get(k8s.ServiceAccount, name, serviceAccountName))
        await ensure(
          k8s.ServiceAccount,
          objectOf(k8s.ServiceAccount, { metadata: { name: serviceAccountName, namespace: name } }),
          context,
        )
      if (!ca) return undefined
      // Read from the server: following all ConfigMaps, some of them large, for one of each namespace would cost too much.
      const there = await context.api.find(k8s.ConfigMap, { namespace: name, name: rootCaName })
      const wanted = objectOf(k8s.ConfigMap, {
        metadata: {
          name: rootCaName,
          namespace: name,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc.',
          },
        },
        data: { 'ca.crt': ca },
      })
      if (!there) await ensure(k8s.ConfigMap, wanted, context)
      else if (there.data?.['ca.crt'] !== ca)
        await context.api.patch(k8s.ConfigMap, wanted.metadata, 'merge', { data: wanted.data })
      return undefined
    },
  }
}
