/**
 * Where things lie on disk. Content is stored once, by digest, and shared; a repository has links to what was pushed to it, so that it
 * shows nothing else.
 *
 *   blobs/sha256/HEX                              content of blobs and manifests
 *   repositories/NAME/_blobs/sha256/HEX           link to a blob: an empty file
 *   repositories/NAME/_manifests/sha256/HEX       link to a manifest: JSON, see ManifestLink
 *   repositories/NAME/_tags/TAG                   a digest
 *   repositories/NAME/_referrers/sha256/HEX/…     links to the manifests whose subject is HEX
 *   uploads/ID/{repository,data}                  what is being pushed
 *   scratch/                                      unfinished small files
 */

import { join } from 'node:path'
import { type Digest, isDigest } from '@slipway/builders/image'

export interface Layout {
  readonly root: string
  readonly blobs: string
  readonly repositories: string
  readonly uploads: string
  readonly scratch: string
  blob(digest: Digest): string
  blobLink(repository: string, digest: Digest): string
  manifestLink(repository: string, digest: Digest): string
  tag(repository: string, tag: string): string
  referrers(repository: string, subject: Digest): string
  upload(id: string): string
  /** A folder of a repository. */
  folder(repository: string, which: '_blobs' | '_manifests' | '_tags' | '_referrers'): string
}

const parts = (digest: Digest): [string, string] => {
  if (!isDigest(digest)) throw new RangeError(`not a digest: ${digest}`)
  const colon = digest.indexOf(':')
  return [digest.slice(0, colon), digest.slice(colon + 1)]
}

export function layoutOf(root: string): Layout {
  const repositories = join(root, 'repositories')
  const folder: Layout['folder'] = (repository, which) => join(repositories, repository, which)
  return {
    root,
    blobs: join(root, 'blobs'),
    repositories,
    uploads: join(root, 'uploads'),
    scratch: join(root, 'scratch'),
    blob: digest => join(root, 'blobs', ...parts(digest)),
    blobLink: (repository, digest) => join(folder(repository, '_blobs'), ...parts(digest)),
    manifestLink: (repository, digest) => join(folder(repository, '_manifests'), ...parts(digest)),
    tag: (repository, tag) => join(folder(repository, '_tags'), tag),
    referrers: (repository, subject) => join(folder(repository, '_referrers'), ...parts(subject)),
    upload: id => join(root, 'uploads', id),
    folder,
  }
}
