export { algorithmOf, type Digest, hexOf, isDigest, sha256, verified, verifyBytes } from './digest.ts'
export {
  type CredentialSource,
  credentialsFrom,
  credentialsOfFile,
  type DockerConfig,
  type RegistryCredentials,
} from './docker-config.ts'
export { createHttp, type Http, readBody } from './http.ts'
export { type ImageLayout, openLayout } from './layout.ts'
export { packLayout, unpackLayout } from './layout-archive.ts'
export { isLocalName } from './local-name.ts'
export {
  type ContainerConfig,
  type Descriptor,
  type ImageConfig,
  type Index,
  imageIndex,
  imageManifest,
  isIndex,
  type Manifest,
  parseManifest,
  type Stored,
  stored,
} from './manifest.ts'
export { isIndexType, layerCompression, manifestTypes, mediaType } from './media-type.ts'
export { choosePlatform, hostPlatform, normalizePlatform, type Platform, parsePlatform, platformName } from './platform.ts'
export {
  atDigest,
  formatReference,
  isRepository,
  isTag,
  parseReference,
  type Reference,
  withDefaultTag,
} from './reference.ts'
export {
  createRegistryClient,
  describeStream,
  type FetchedImage,
  type FetchedManifest,
  type RegistryClient,
  type Repository,
} from './registry-client.ts'
export type { RegistryOptions } from './registry-session.ts'
export type { RetryPolicy } from './retry.ts'
export { copyImage, fromLayout, fromRegistry, type ImageSink, type ImageSource, toLayout, toRegistry } from './transfer.ts'
