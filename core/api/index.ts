export * as k8s from './builtin.ts'
export {
  type Condition,
  conditionOf,
  conditionSchema,
  conditionSet,
  conditionsSchema,
  no,
  type Verdict,
  waiting,
  yes,
} from './conditions.ts'
export * from './field-error.ts'
export { formatProblem, parseDuration, parseQuantity } from './formats.ts'
export { goRegExp } from './go-regexp.ts'
export type { JsonSchema } from './json-schema.ts'
export { defineKind, type Kind, type KindOf, objectOf, type PrinterColumn, type ResourceKind } from './kind.ts'
export * from './meta.ts'
export { type Infer, type Schema, s } from './schema.ts'
export * from './status-error.ts'
export { applyDefaults, listItemKey, prune, validateSchema } from './structural.ts'
