/**
 * Who owns whom, by uid. Answers what has to be looked at after each change; decides nothing by itself. Pure: no client, no clock.
 * Source: GraphBuilder of pkg/controller/garbagecollector/graph_builder.go; instead of its virtual nodes, edges are kept for owners
 * that were never seen, and whoever points to such an owner is to be checked.
 */
import type { KubeObject, OwnerReference, ResourceKind } from '@slipway/core/api'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

export interface Node {
  readonly uid: string
  readonly kind: ResourceKind
  readonly namespace?: string
  readonly name: string
  readonly owners: readonly OwnerReference[]
  readonly isDeleting: boolean
  /** Deleted in the foreground: waits for the dependents that block it. */
  readonly waitsForDependents: boolean
  readonly orphansDependents: boolean
}

/** Uids to be looked at. */
export interface News {
  /** Should it still exist? */
  check: string[]
  /** Points to an owner that was not seen, which may only be on its way: look a moment later. */
  checkSoon: string[]
  /** Its dependents are to be freed. */
  orphan: string[]
}

export interface Graph {
  upsert(object: KubeObject, kind: ResourceKind): News
  remove(uid: string): News
  get(uid: string): Node | undefined
  dependents(uid: string): Node[]
  readonly size: number
}

export function nodeOf({ metadata }: KubeObject, kind: ResourceKind): Node {
  const has = (finalizer: string) => metadata.finalizers?.includes(finalizer) ?? false
  const isDeleting = metadata.deletionTimestamp !== undefined
  return {
    uid: metadata.uid!,
    kind,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    name: metadata.name,
    owners: metadata.ownerReferences ?? [],
    isDeleting,
    waitsForDependents: isDeleting && has(foregroundFinalizer),
    orphansDependents: isDeleting && has(orphanFinalizer),
  }
}

const blocks = (owner: OwnerReference | undefined) => owner?.blockOwnerDeletion === true
/** Does this dependent hold up its owner's deletion in the foreground? */
export const isBlocking = (dependent: Node, uid: string): boolean => blocks(dependent.owners.find(o => o.uid === uid))

export function createGraph(): Graph {
  const nodes = new Map<string, Node>()
  const edges = new Map<string, Set<string>>()

  const link = (owner: string, dependent: string) => {
    const set = edges.get(owner)
    if (set) set.add(dependent)
    else edges.set(owner, new Set([dependent]))
  }
  const unlink = (owner: string, dependent: string) => {
    const set = edges.get(owner)
    if (set?.delete(dependent) && !set.size) edges.delete(owner)
  }
  /** Owners in foreground deletion that this dependent held up and holds up no longer. */
  const freed = (before: Node | undefined, after: Node | undefined): string[] =>
    (before?.owners ?? [])
      .filter(owner => blocks(owner) && !(after && isBlocking(after, owner.uid)))
      .map(owner => owner.uid)
      .filter(uid => nodes.get(uid)?.waitsForDependents)

  return {
    upsert(object, kind) {
      const node = nodeOf(object, kind)
      const before = nodes.get(node.uid)
      nodes.set(node.uid, node)
      for (const { uid } of before?.owners ?? []) if (!node.owners.some(o => o.uid === uid)) unlink(uid, node.uid)
      const added = node.owners.filter(({ uid }) => !before?.owners.some(o => o.uid === uid))
      for (const { uid } of added) link(uid, node.uid)
      const check = freed(before, node)
      if (node.waitsForDependents && !before?.waitsForDependents) check.push(node.uid, ...(edges.get(node.uid) ?? []))
      const isOwnerMissing = added.some(({ uid }) => !nodes.has(uid))
      // A new dependent of an owner that is on its way out must go too.
      if (added.some(({ uid }) => nodes.get(uid)?.waitsForDependents)) check.push(node.uid)
      return {
        check,
        checkSoon: isOwnerMissing ? [node.uid] : [],
        orphan: node.orphansDependents && !before?.orphansDependents ? [node.uid] : [],
      }
    },
    remove(uid) {
      const node = nodes.get(uid)
      nodes.delete(uid)
      for (const owner of node?.owners ?? []) unlink(owner.uid, uid)
      return { check: [...freed(node, undefined), ...(edges.get(uid) ?? [])], checkSoon: [], orphan: [] }
    },
    get: uid => nodes.get(uid),
    dependents: uid => [...(edges.get(uid) ?? [])].flatMap(dependent => nodes.get(dependent) ?? []),
    get size() {
      return nodes.size
    },
  }
}
