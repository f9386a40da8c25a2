/** A label selector as text: `app=web,tier in (a,b)`. Source: metav1.FormatLabelSelector */
import { isDict } from '../apply/shape.ts'

interface Expression {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  values?: string[]
}

/** @param selector a metav1.LabelSelector, or the plain map of a ReplicationController */
export function selectorText(selector: unknown): string {
  if (!isDict(selector)) return ''
  const structured = isDict(selector.matchLabels) || Array.isArray(selector.matchExpressions)
  const labels = structured
    ? ((selector.matchLabels as Record<string, string> | undefined) ?? {})
    : (selector as Record<string, string>)
  const expressions = structured ? ((selector.matchExpressions as Expression[] | undefined) ?? []) : []
  return [
    ...Object.entries(labels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...expressions.map(({ key, operator, values = [] }) => ({ key, text: textOf(key, operator, values) })),
  ]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ text }) => text)
    .join(',')
}

function textOf(key: string, operator: Expression['operator'], values: string[]): string {
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`
}
