export { type BaseImageName, baseImageNames } from './base-images.ts'
export { type BaseImages, type EnsureOptions, ensureBaseImages } from './ensure-base-images.ts'
