/**
 * Where the embedded API server answers otherwise than Kubernetes, and why that is right. What is not listed here fails the suite,
 * and so does an entry that no longer holds. docs/reference/api-differences.md is made from this list.
 */
export interface ListedDifference {
  /** `topic/name of the case`; `*` stands for anything. */
  case: string
  /** `step.field`, such as `1.body.message`; `*` stands for anything. */
  path: string
  reason: string
}

export const differences: ListedDifference[] = []
