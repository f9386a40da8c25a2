export { type BaseImages, type EnsureOptions, ensureBaseImages } from './ensure-base-images.ts'
export { type BaseImageName, baseImageNames } from './image-name.ts'
