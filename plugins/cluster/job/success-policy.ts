/** Has an Indexed Job reached one of its success criteria? Pure. Source: pkg/controller/job/success_policy.go (KEP-3998) */
import type { k8s } from '@slipway/core/api'
import { type Indexes, parseIndexes } from './indexes.ts'

/** @returns the message of the SuccessCriteriaMet condition, or undefined */
export function metSuccessPolicy(spec: k8s.Job['spec'], succeeded: Indexes): string | undefined {
  if (!spec.successPolicy || !succeeded.length) return undefined
  const have = new Set(succeeded)
  for (const [index, { succeededIndexes, succeededCount }] of spec.successPolicy.rules.entries()) {
    const required = succeededIndexes ? parseIndexes(succeededIndexes, spec.completions ?? 0) : undefined
    if (required && !required.length) continue
    const count = required ? required.filter(i => have.has(i)).length : have.size
    if ((required && count === required.length) || (succeededCount !== undefined && count >= succeededCount))
      return `Matched rules at index ${index}`
  }
  return undefined
}
