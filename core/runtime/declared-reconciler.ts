/**
 * Turns a declaration (observe, decide) into a reconciler: applies children, prunes what is no longer desired, writes the status when it
 * differs, records events. The order matters for crashes: children first, then the status that speaks of them.
 */
import type { ResourceKind } from '../api/kind.ts'
import { groupOf, type KubeObject, keyOf } from '../api/meta.ts'
import { isStatus } from '../api/status-error.ts'
import { applyChild } from './apply-child.ts'
import { sameJson } from './canonical.ts'
import type { DeclaredReconciler, ReconcileContext, Reconciler } from './reconciler.ts'

const isOf = (kind: ResourceKind, object: KubeObject) => kind.kind === object.kind && kind.group === groupOf(object.apiVersion)

function kindOf(owns: ResourceKind[], child: KubeObject): ResourceKind {
  const kind = owns.find(candidate => isOf(candidate, child))
  if (!kind)
    throw new Error(`a desired child is a ${child.apiVersion} ${child.kind}, which the reconciler does not declare in owns`)
  return kind
}

async function writeStatus<T extends KubeObject & { status?: unknown }>(
  kind: ResourceKind<T>,
  object: T,
  status: unknown,
  context: ReconcileContext,
): Promise<void> {
  if (sameJson(object.status ?? {}, status)) return
  try {
    await context.api.updateStatus(kind, { ...object, status } as T)
  } catch (error) {
    // Gone meanwhile: nothing to say. A conflict comes back as a retry with a fresher copy.
    if (!isStatus(error, 'NotFound')) throw error
  }
}

export function reconciler<T extends KubeObject, View>(declared: DeclaredReconciler<T, View>): Reconciler<T> {
  const { observe, desired, prune = [], ...rest } = declared
  const owns = rest.owns ?? []
  return {
    ...rest,
    async reconcile(object, context) {
      if (!object || object.metadata.deletionTimestamp) return undefined
      const view = observe(object, context.read)
      if (view === undefined) return undefined
      const wanted = desired(view, context.now)
      const wantedKeys = new Set<string>()
      for (const entry of wanted.children ?? []) {
        const { object: child, initially } = 'object' in entry ? entry : { object: entry, initially: undefined }
        const kind = kindOf(owns, child)
        wantedKeys.add(`${kind.group}/${kind.kind}/${keyOf(child)}`)
        const observed = context.read.get(kind, child.metadata.namespace, child.metadata.name)
        await applyChild(kind, child, observed, {
          api: context.api,
          owner: object,
          fieldManager: rest.name,
          ...(initially && { initially }),
        })
      }
      for (const kind of prune)
        for (const child of context.read.ownedBy(kind, object))
          if (!wantedKeys.has(`${kind.group}/${kind.kind}/${keyOf(child)}`) && !child.metadata.deletionTimestamp)
            await context.api
              .delete(kind, child.metadata, { propagation: 'Background', ...(child.metadata.uid && { uid: child.metadata.uid }) })
              .catch(ignoreNotFound)
      if (wanted.status !== undefined) await writeStatus(rest.kind, object, wanted.status, context)
      for (const { type, reason, message } of wanted.events ?? []) context.event(object, type, reason, message)
      return wanted.requeueAfterMs === undefined ? undefined : { requeueAfterMs: wanted.requeueAfterMs }
    },
  }
}

const ignoreNotFound = (error: unknown) => {
  if (!isStatus(error, 'NotFound')) throw error
}
