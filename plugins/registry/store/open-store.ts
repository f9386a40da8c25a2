import { mkdir, rm } from 'node:fs/promises'
import { type BlobStore, createBlobStore } from './blobs.ts'
import { createGarbageCollector, type GarbageCollector } from './garbage.ts'
import { layoutOf } from './layout.ts'
import { createManifestStore, type ManifestStore } from './manifests.ts'
import { createTouched } from './touched.ts'
import { createUploadStore, type UploadStore } from './uploads.ts'

export interface RegistryStore {
  blobs: BlobStore
  uploads: UploadStore
  manifests: ManifestStore
  garbage: GarbageCollector
}

/** Opens or makes a store in a folder; unfinished small files of a crash are removed, unfinished uploads may go on. */
export async function openStore(root: string, now: () => number = Date.now): Promise<RegistryStore> {
  const layout = layoutOf(root)
  await rm(layout.scratch, { recursive: true, force: true })
  for (const folder of [layout.blobs, layout.repositories, layout.uploads, layout.scratch])
    await mkdir(folder, { recursive: true })
  const touched = createTouched(now)
  const blobs = createBlobStore(layout, touched)
  const uploads = createUploadStore(layout, blobs)
  const manifests = createManifestStore(layout, touched)
  return { blobs, uploads, manifests, garbage: createGarbageCollector(layout, manifests, uploads, touched, now) }
}
