/** JSON Merge Patch, RFC 7386. */
import { isDict } from '../apply/shape.ts'

/** @returns a new value; null in the patch deletes */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isDict(patch)) return patch
  const result: Record<string, unknown> = isDict(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = mergePatch(result[name], value)
  }
  return result
}
