export { canonicalQuantity, compareQuantities } from '../quantity.ts'
export { type Decoded, decode } from './decode.ts'
export { type Defaults, defaultsOf, qosClass } from './defaults/index.ts'
export {
  definition,
  definitionName,
  definitionNames,
  type GroupVersionKind,
  gvk,
  objectMetaSchema,
  type RawDefinition,
  rawDefinition,
  readDescriptions,
} from './definitions.ts'
export {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  type MetadataRules,
  nameCheckOf,
  requiredErrors,
  type TextCheck,
  type Validation,
  validateMetadata,
  validationOf,
} from './validation/index.ts'
