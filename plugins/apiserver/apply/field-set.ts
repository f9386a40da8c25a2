/**
 * Sets of field paths, as managedFields hold them. A step of a path is written as in FieldsV1: `f:name` for a field, `k:{"name":"a"}` for an
 * item of a keyed list, `v:"a"` for an item of a set, `i:0` for an index. Source: sigs.k8s.io/structured-merge-diff fieldpath/set.go, serialize.go
 */
export interface FieldSet {
  /** Steps that are themselves in the set. */
  readonly members: Set<string>
  /** Steps below which there are more. */
  readonly children: Map<string, FieldSet>
}
export type FieldsV1 = { [step: string]: FieldsV1 }

export const emptySet = (): FieldSet => ({ members: new Set(), children: new Map() })
export const isEmpty = ({ members, children }: FieldSet): boolean => members.size === 0 && children.size === 0

/** The child set of a step, made when it is not there. */
export function childOf(set: FieldSet, step: string): FieldSet {
  let found = set.children.get(step)
  if (!found) set.children.set(step, (found = emptySet()))
  return found
}

/** Puts a path in; the empty path cannot be a member. */
export function insert(set: FieldSet, path: readonly string[]): void {
  let at = set
  for (let i = 0; i < path.length - 1; i++) at = childOf(at, path[i]!)
  if (path.length) at.members.add(path.at(-1)!)
}

/** A set of paths given in dots: `setOf('metadata.name', 'status')`. */
export function setOf(...paths: string[]): FieldSet {
  const set = emptySet()
  for (const path of paths)
    insert(
      set,
      path.split('.').map(name => `f:${name}`),
    )
  return set
}

const combined = (members: Set<string>, children: Iterable<[string, FieldSet]>): FieldSet => ({
  members,
  children: new Map([...children].filter(([, set]) => !isEmpty(set))),
})

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b
  if (isEmpty(b)) return a
  const children = new Map(a.children)
  for (const [step, set] of b.children) {
    const mine = children.get(step)
    children.set(step, mine ? union(mine, set) : set)
  }
  return { members: a.members.union(b.members), children }
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  combined(
    a.members.intersection(b.members),
    [...a.children].flatMap(([step, set]) => {
      const other = b.children.get(step)
      return other ? [[step, intersection(set, other)] as [string, FieldSet]] : []
    }),
  )

/** Path by path: a member of b does not take what lies below it out of a. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmpty(b)
    ? a
    : combined(
        a.members.difference(b.members),
        [...a.children].map(([step, set]) => {
          const other = b.children.get(step)
          return [step, other ? difference(set, other) : set] as [string, FieldSet]
        }),
      )

/** Like difference, but a member of b takes everything below it along. */
export const recursiveDifference = (a: FieldSet, b: FieldSet): FieldSet =>
  combined(
    a.members.difference(b.members),
    [...a.children].flatMap(([step, set]) => {
      if (b.members.has(step)) return []
      const other = b.children.get(step)
      return [[step, other ? recursiveDifference(set, other) : set] as [string, FieldSet]]
    }),
  )

export function equal(a: FieldSet, b: FieldSet): boolean {
  if (a.members.size !== b.members.size || a.children.size !== b.children.size) return false
  for (const step of a.members) if (!b.members.has(step)) return false
  for (const [step, set] of a.children) {
    const other = b.children.get(step)
    if (!other || !equal(set, other)) return false
  }
  return true
}

/** Every path of the set, parents first. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<string[]> {
  for (const step of stepsOf(set)) {
    if (set.members.has(step)) yield [...prefix, step]
    const below = set.children.get(step)
    if (below) yield* pathsOf(below, [...prefix, step])
  }
}

const stepsOf = ({ members, children }: FieldSet): string[] => [...members.union(new Set(children.keys()))].sort()

/** @throws SyntaxError when it is not FieldsV1 */
export function fromFieldsV1(fields: unknown): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SyntaxError('fieldsV1 must be an object')
  const set = emptySet()
  for (const [step, below] of Object.entries(fields as FieldsV1)) {
    if (step === '.') continue
    if (!/^[fkvi]:/.test(step)) throw new SyntaxError(`missing key type: ${JSON.stringify(step)}`)
    const names = Object.keys(below)
    if (names.length === 0 || '.' in below) set.members.add(step)
    if (names.some(name => name !== '.')) set.children.set(step, fromFieldsV1(below))
  }
  return set
}

export function toFieldsV1(set: FieldSet): FieldsV1 {
  const fields: FieldsV1 = {}
  for (const step of stepsOf(set)) {
    const below = set.children.get(step)
    const member = set.members.has(step)
    fields[step] = below ? { ...(member && { '.': {} }), ...toFieldsV1(below) } : {}
  }
  return fields
}

/** A path as conflicts show it: `.spec.containers[name="web"].image`. */
export const pathText = (path: readonly string[]): string =>
  path
    .map(step => {
      const rest = step.slice(2)
      if (step.startsWith('f:')) return `.${rest}`
      if (step.startsWith('v:')) return `[=${rest}]`
      if (step.startsWith('i:')) return `[${rest}]`
      const key = JSON.parse(rest) as Record<string, unknown>
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`
    })
    .join('')
