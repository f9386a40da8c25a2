/** Media types of the OCI image specification and the Docker ones that mean the same. */
export const mediaType = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

/** What is asked of a registry when fetching a manifest. */
export const manifestTypes: readonly string[] = [
  mediaType.index,
  mediaType.manifest,
  mediaType.dockerList,
  mediaType.dockerManifest,
]

export const isIndexType = (type: string): boolean => type === mediaType.index || type === mediaType.dockerList

/** How a layer is compressed, by its media type. @returns undefined for what is no file system layer */
export function layerCompression(type: string): 'none' | 'gzip' | 'zstd' | undefined {
  if (!/^application\/vnd\.(oci\.image\.layer|docker\.image\.rootfs)\./.test(type)) return undefined
  if (/[+.]gzip$/.test(type)) return 'gzip'
  if (/[+.]zstd$/.test(type)) return 'zstd'
  return /tar$/.test(type) ? 'none' : undefined
}
