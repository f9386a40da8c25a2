/** Small checks that the kinds' validations are made of. */
import { isDeepStrictEqual } from 'node:util'
import { child, duplicate, type FieldError, invalid, notSupported, required } from '../../field-error.ts'
import { canonicalQuantity, quantityProblem } from '../../quantity.ts'
import { each, type Loose } from '../loose.ts'
import { labelErrors } from './metadata.ts'
import { isLabelValue, isPortName, isQualifiedName, portNumberProblem, type TextCheck } from './names.ts'

export const problems = (check: TextCheck, path: string, text: string): FieldError[] =>
  check(text).map(m => invalid(path, text, m))

/** Required, and of the right syntax. */
export const named = (check: TextCheck, path: string, text: string | undefined): FieldError[] =>
  text ? problems(check, path, text) : [required(path)]

export const nonNegative = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []

export const oneOf = (value: string | undefined, allowed: readonly string[], path: string): FieldError[] => {
  if (!value) return [required(path)]
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

export const immutable = (value: unknown, old: unknown, path: string): FieldError[] =>
  isDeepStrictEqual(value, old) ? [] : [invalid(path, value ?? null, 'field is immutable')]

/** Each name but the first of its kind. */
export function duplicates(list: Loose[] | undefined, path: string, field = 'name'): FieldError[] {
  const seen = new Set<string>()
  return each(list).flatMap((item, i) => {
    const value = item[field]
    if (!value) return []
    if (seen.has(value)) return [duplicate(`${path}[${i}].${field}`, value)]
    seen.add(value)
    return []
  })
}

export const portNumberOrName = (port: unknown, path: string): FieldError[] =>
  typeof port === 'number'
    ? portNumberProblem(port).map(m => invalid(path, port, m))
    : problems(isPortName, path, String(port ?? ''))

/** A number, or a percentage where that is allowed. Source: ValidatePositiveIntOrPercent */
export function intOrPercent(value: unknown, path: string): FieldError[] {
  if (value === undefined) return []
  if (typeof value === 'number') return nonNegative(value, path)
  return /^[0-9]+%$/.test(String(value))
    ? []
    : [
        invalid(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ]
}

export const quantities = (list: Record<string, string> | undefined, path: string): FieldError[] =>
  Object.entries(list ?? {}).flatMap(([name, value]) => {
    const at = `${path}[${name}]`
    const syntax = canonicalQuantity(value) === undefined ? [invalid(at, value, quantityProblem)] : []
    return [...syntax, ...(value.startsWith('-') ? [invalid(at, value, 'must be greater than or equal to 0')] : [])]
  })

const selectorOperators = ['DoesNotExist', 'Exists', 'In', 'NotIn']

/** Source: k8s.io/apimachinery pkg/apis/meta/v1/validation */
export function labelSelector(selector: Loose | null | undefined, path: string): FieldError[] {
  if (!selector) return []
  const errors = labelErrors(selector.matchLabels, child(path, 'matchLabels'))
  for (const [i, { key, operator, values }] of each(selector.matchExpressions).entries()) {
    const at = `${path}.matchExpressions[${i}]`
    if (operator === 'In' || operator === 'NotIn') {
      if (!values?.length) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values?.length)
        errors.push({
          type: 'FieldValueForbidden',
          field: `${at}.values`,
          message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        })
    } else if (!selectorOperators.includes(operator))
      errors.push(invalid(`${at}.operator`, operator ?? '', 'not a valid selector operator'))
    errors.push(...problems(isQualifiedName, `${at}.key`, key ?? ''))
    for (const [j, value] of (values ?? []).entries()) errors.push(...problems(isLabelValue, `${at}.values[${j}]`, value))
  }
  return errors
}

/** Does a label selector take in these labels? */
export function selectorMatches(selector: Loose | null | undefined, labels: Record<string, string> = {}): boolean {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) if (labels[key] !== value) return false
  return each(selector?.matchExpressions).every(({ key, operator, values }) => {
    const value = labels[key]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    const listed = value !== undefined && values?.includes(value)
    return operator === 'In' ? listed : !listed
  })
}

export const isEmptySelector = (selector: Loose | null | undefined): boolean =>
  !Object.keys(selector?.matchLabels ?? {}).length && !selector?.matchExpressions?.length
