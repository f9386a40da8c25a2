/**
 * Validation errors with a field path, in the exact words of Kubernetes (k8s.io/apimachinery pkg/util/validation/field/errors.go),
 * so that kubectl prints what its users know: `spec.steps[1].image: Required value`.
 */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  type: FieldErrorType
  /** Dotted path with `[index]` and `[key]`, such as `spec.steps[1].image`; empty for the object itself. */
  field: string
  /** As Kubernetes renders it, without the path: `Invalid value: 3: must be greater than 4`. */
  message: string
}

/** As Go's encoder writes it, with what HTML gives a meaning escaped. */
const goJson = (value: unknown): string => JSON.stringify(value).replace(/[<>&]/g, c => `\\u00${c.charCodeAt(0).toString(16)}`)

const show = (value: unknown): string => {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'object' ? goJson(value) : String(value)
}
const detailed = (head: string, detail: string) => (detail ? `${head}: ${detail}` : head)

export const required = (field: string, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  message: detailed('Required value', detail),
})
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: detailed(`Invalid value: ${show(value)}`, detail),
})
export const wrongType = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  message: detailed(`Invalid value: ${show(value)}`, detail),
})
export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${show(value)}: supported values: ${supported.map(show).join(', ')}`,
})
export const forbidden = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  message: detailed('Forbidden', detail),
})
export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${show(value)}`,
})
export const notFoundValue = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  message: `Not found: ${show(value)}`,
})
export const tooLong = (field: string, max: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${max} bytes`,
})
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${max} items`,
})

/** Appends a property to a path: `child('spec', 'steps')` is `spec.steps`. */
export const child = (path: string, name: string): string => (path ? `${path}.${name}` : name)
/** Appends an index or a map key to a path: `at('spec.steps', 1)` is `spec.steps[1]`. */
export const at = (path: string, key: number | string): string => `${path}[${key}]`
/** One line for a person: `spec.image: Required value`. */
export const describeFieldError = (e: FieldError): string => (e.field ? `${e.field}: ${e.message}` : e.message)
