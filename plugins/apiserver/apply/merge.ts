/** Lays an applied object over the live one. Source: structured-merge-diff typed/merge.go */
import type { JsonSchema } from '@slipway/core/api'
import { type Dict, fieldSchema, itemSchema, itemStep, shapeOf } from './shape.ts'

/** @returns a new value; the arguments are shared with it, and never changed */
export function merge(schema: JsonSchema, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  const shape = shapeOf(schema, applied)
  if (live === undefined || live === null || shape === 'scalar' || shape === 'atomic' || shapeOf(schema, live) !== shape)
    return applied
  if (shape === 'map') return mergeFields(schema, live as Dict, applied as Dict)
  return mergeItems(schema, live as unknown[], applied as unknown[])
}

function mergeFields(schema: JsonSchema, live: Dict, applied: Dict): Dict {
  const merged: Dict = { ...live }
  for (const [name, value] of Object.entries(applied)) merged[name] = merge(fieldSchema(schema, name), live[name], value)
  return merged
}

/**
 * Keeps the order of both lists where they agree, and the applied one's where they do not: live items that are not applied stay in front of
 * the shared item that followed them.
 */
function mergeItems(schema: JsonSchema, live: unknown[], applied: unknown[]): unknown[] {
  const stepOf = (item: unknown) => itemStep(schema, item)
  const liveSteps = live.map(stepOf)
  const appliedSteps = applied.map(stepOf)
  const liveByStep = new Map(liveSteps.map((step, i) => [step, live[i]]))
  const appliedOnes = new Set(appliedSteps)
  const shared = appliedSteps.filter(step => liveByStep.has(step))
  const done = new Set<string>()
  const merged: unknown[] = []
  let nextShared = shared.shift()
  let l = 0
  let a = 0
  const take = () => {
    const step = appliedSteps[a]!
    done.add(step)
    merged.push(merge(itemSchema(schema), liveByStep.get(step), applied[a++]))
    if (step === nextShared) nextShared = shared.shift()
  }
  while (l < live.length || a < applied.length) {
    if (l < live.length) {
      const step = liveSteps[l]!
      if (a < applied.length && step === appliedSteps[a]) {
        take()
        l++
        continue
      }
      if (!appliedOnes.has(step)) {
        merged.push(live[l++])
        continue
      }
      // An applied item that is not due yet, or was merged already: the applied order decides where it goes.
      if (done.has(step) || step !== nextShared) {
        l++
        continue
      }
    }
    if (a < applied.length) take()
    else l++
  }
  return merged
}
