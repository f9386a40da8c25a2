export { type Builder, type BuildSource, type BuiltImage, firstOf, limited, type Slots, shared, slots } from './builder.ts'
