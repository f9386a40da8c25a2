/** Label selectors (`metav1.LabelSelector`), evaluated on labels. Pure. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
type Labels = Record<string, string> | undefined

/** An equality selector of a Service or ReplicationController. An empty one matches everything. */
export function hasLabels(labels: Labels, wanted: Record<string, string>): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false
  return true
}

function holds({ key, operator, values = [] }: { key: string; operator: string; values?: string[] }, labels: Labels): boolean {
  const value = labels?.[key]
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  if (operator === 'In') return value !== undefined && values.includes(value)
  if (operator === 'NotIn') return value === undefined || !values.includes(value)
  return false
}

/** As metav1.LabelSelectorAsSelector: an absent selector matches nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  return hasLabels(labels, selector.matchLabels ?? {}) && (selector.matchExpressions ?? []).every(e => holds(e, labels))
}

/** kubectl's and the scale subresource's text form, such as `app=web,tier in (a,b)`. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const rest = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`
  })
  return [...equal, ...rest].sort().join(',')
}
