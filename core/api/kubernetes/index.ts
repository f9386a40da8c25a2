export { canonicalQuantity, compareQuantities } from '../quantity.ts'
export { type Decoded, decode } from './decode.ts'
export { type Defaults, defaultsOf } from './defaults/index.ts'
export {
  definition,
  definitionName,
  definitionNames,
  type GroupVersionKind,
  goShape,
  gvk,
  objectMetaSchema,
  type RawDefinition,
  rawDefinition,
  readDescriptions,
  readDescriptionsOf,
} from './definitions.ts'
export { type Prepare, prepareOf, qosClass } from './prepare/index.ts'
export {
  finalizerWarnings,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  type MetadataRules,
  nameCheckOf,
  requiredErrors,
  type TextCheck,
  unqualifiedFinalizers,
  type Validation,
  validateMetadata,
  validationOf,
  warningsOf,
} from './validation/index.ts'
