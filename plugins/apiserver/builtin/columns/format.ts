/** Texts that several tables share: labels, selectors, lists that are cut off, containers. */
import type { Loose } from './column.ts'
import { wide } from './column.ts'

export const none = '<none>'
export const unset = '<unset>'

/** `a=b,c=d`, sorted. Source: labels.FormatLabels */
export const formatLabels = (labels: Record<string, string> | undefined): string => {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([k, v]) => `${k}=${v}`).join(',') || none
}

interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

const operators: Record<string, (key: string, values: string) => string> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: key => key,
  DoesNotExist: key => `!${key}`,
}

/** Source: metav1.LabelSelectorAsSelector and its String */
export function selectorText(selector: LabelSelector | null | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? [])
    parts.push({ key, text: operators[operator]?.(key, [...values].sort().join(',')) ?? '<error>' })
  return parts
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(part => part.text)
    .join(',')
}

/** Source: metav1.FormatLabelSelector */
export const formatSelector = (selector: LabelSelector | null | undefined): string => selectorText(selector) || none

/** The first items of a list, and how many more there are. */
export function cutOff(list: string[], max: number, separator = ',', all = list.length): string {
  const shown = list.slice(0, max).join(separator)
  return all > max ? `${shown} + ${all - max} more...` : shown
}

type Container = { name: string; image?: string }
const containersOf = (containers: Container[] | null | undefined) => containers ?? []

/** The wide columns of everything with a pod template. */
export const containerColumns = (containers: (object: Loose) => Container[] | null | undefined) => [
  wide(
    'Containers',
    o =>
      containersOf(containers(o))
        .map(c => c.name)
        .join(','),
    'Names of each container in the template.',
  ),
  wide(
    'Images',
    o =>
      containersOf(containers(o))
        .map(c => c.image ?? '')
        .join(','),
    'Images referenced by each container in the template.',
  ),
]

/** The later of two times in RFC 3339. */
export const later = (a: string | undefined, b: string | undefined): string | undefined => (!a || (b && b > a) ? b : a)
