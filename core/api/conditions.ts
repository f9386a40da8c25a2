/**
 * Conditions have one writer: reconcilers state the parts; the happy condition, ordering and transition times are computed here.
 * Semantics of knative.dev/pkg apis/condition_set.go: happy is False if a part is False, Unknown if a part is Unknown, else True.
 */
import { rfc3339 } from '../observe/clock.ts'
import { s } from './schema.ts'

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  /** Absent is an error; `Info` parts do not count for the happy condition. */
  severity?: 'Warning' | 'Info'
  lastTransitionTime?: string
}
export const conditionSchema = s.object({
  type: s.string(),
  status: s.enum('True', 'False', 'Unknown'),
  reason: s.string().optional(),
  message: s.string().optional(),
  severity: s.enum('Warning', 'Info').optional(),
  lastTransitionTime: s.time().optional(),
})
export const conditionsSchema = () => s.keyedList<Condition>(conditionSchema, 'type').optional()

export type Verdict = Pick<Condition, 'status' | 'reason' | 'message' | 'severity'>
export const yes = (): Verdict => ({ status: 'True' })
export const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message })
export const waiting = (reason = '', message = ''): Verdict => ({
  status: 'Unknown',
  ...(reason && { reason }),
  ...(message && { message }),
})

export interface ConditionSet {
  /**
   * The next list of conditions: sorted by type, a time moved only where the status changed. Parts that are not stated keep their state, or are Unknown.
   * @param now milliseconds since the epoch
   */
  next(current: Condition[] | undefined, verdicts: Record<string, Verdict>, now: number): Condition[]
  isHappy(conditions: Condition[] | undefined): boolean
}

export const conditionOf = (conditions: Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find(c => c.type === type)

/** @param happy `Ready` for what lives, `Succeeded` for what ends */
export function conditionSet(happy: 'Ready' | 'Succeeded', parts: readonly string[]): ConditionSet {
  const overall = (all: Condition[]): Verdict => {
    const counted = parts.map(part => conditionOf(all, part)!).filter(c => c.severity !== 'Info')
    // Of several that are as bad, one that says why.
    const of = (status: Condition['status']) =>
      counted.find(c => c.status === status && c.reason) ?? counted.find(c => c.status === status)
    const worst = of('False') ?? of('Unknown')
    return worst
      ? { status: worst.status, ...(worst.reason && { reason: worst.reason }), ...(worst.message && { message: worst.message }) }
      : yes()
  }
  return {
    next(current, verdicts, now) {
      const stamp = (type: string, verdict: Verdict): Condition => {
        const before = conditionOf(current, type)
        const lastTransitionTime =
          before?.status === verdict.status && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(now)
        return { type, ...verdict, lastTransitionTime }
      }
      const known = [...new Set([...parts, ...Object.keys(verdicts).filter(t => t !== happy)])]
      const all = known.map(type =>
        verdicts[type] ? stamp(type, verdicts[type]) : (conditionOf(current, type) ?? stamp(type, waiting())),
      )
      all.push(stamp(happy, verdicts[happy] ?? overall(all)))
      return all.sort((a, b) => a.type.localeCompare(b.type))
    },
    isHappy: conditions => conditionOf(conditions, happy)?.status === 'True',
  }
}
