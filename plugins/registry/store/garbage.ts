/**
 * Mark and sweep. Marked is what the manifests of all repositories refer to; swept is content that nobody refers to and that nobody
 * touched during the grace period, so that pushes may go on meanwhile (see touched.ts). Untagged manifests go first, if wanted.
 */

import { statSync, unlinkSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, type Index, isDigest, isIndex, type Manifest } from '@slipway/builders/image'
import { isMissing } from './durable.ts'
import type { Layout } from './layout.ts'
import type { ManifestStore } from './manifests.ts'
import type { Touched } from './touched.ts'
import type { UploadStore } from './uploads.ts'

export interface GarbageOptions {
  /** Content younger than this, or used within it, stays. Milliseconds. */
  graceMs: number
  /** Untagged manifests older than this go, unless an index or a subject keeps them; undefined keeps all. */
  untaggedMs?: number
  /** Uploads that nobody wrote to for this long go. */
  uploadMs: number
}
export interface GarbageReport {
  manifests: number
  links: number
  blobs: number
  bytes: number
  uploads: number
}

export interface GarbageCollector {
  collect(options: GarbageOptions): Promise<GarbageReport>
}

export function createGarbageCollector(
  layout: Layout,
  manifests: ManifestStore,
  uploads: UploadStore,
  touched: Touched,
  now: () => number,
): GarbageCollector {
  const modified = (path: string) =>
    stat(path).then(
      s => s.mtimeMs,
      () => now(),
    )

  async function contentOf(digest: Digest): Promise<Manifest | Index | undefined> {
    try {
      return JSON.parse((await manifests.read(digest)).toString('utf8')) as Manifest | Index
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async function removeUntagged(repository: string, olderThan: number): Promise<number> {
    const all = await manifests.list(repository)
    const kept = new Set<Digest>()
    const keep = async (digest: Digest): Promise<void> => {
      if (kept.has(digest)) return
      kept.add(digest)
      const content = await contentOf(digest)
      if (content && isIndex(content)) for (const each of content.manifests) await keep(each.digest)
      for (const each of await manifests.referrers(repository, digest)) await keep(each.digest)
    }
    for (const tag of (await manifests.tags(repository)) ?? [])
      await keep(await manifests.resolve(repository, tag).catch(() => '' as Digest))
    const young = await Promise.all(all.map(async d => now() - (await modified(layout.manifestLink(repository, d))) <= olderThan))
    for (const [i, digest] of all.entries()) if (young[i]) await keep(digest)
    let count = 0
    for (const digest of all) {
      if (kept.has(digest)) continue
      await manifests.remove(repository, digest).catch(() => {})
      count++
    }
    return count
  }

  /** Unlinks if it is old and nobody touched the digest: in one turn of the event loop. */
  function sweep(path: string, digest: Digest, graceMs: number): number | undefined {
    if (touched.since(digest, graceMs)) return undefined
    try {
      const { mtimeMs, size } = statSync(path)
      if (now() - mtimeMs <= graceMs) return undefined
      unlinkSync(path)
      return size
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async function* digestsBelow(folder: string): AsyncGenerator<[Digest, string]> {
    for (const algorithm of await readdir(folder).catch(() => []))
      for (const hex of await readdir(join(folder, algorithm)).catch(() => [])) {
        const digest = `${algorithm}:${hex}`
        if (isDigest(digest)) yield [digest, join(folder, algorithm, hex)]
      }
  }

  return {
    async collect({ graceMs, untaggedMs, uploadMs }) {
      const report: GarbageReport = { manifests: 0, links: 0, blobs: 0, bytes: 0, uploads: 0 }
      report.uploads = await uploads.expire(uploadMs, now())
      const marked = new Set<Digest>()
      for await (const repository of manifests.repositories(true)) {
        if (untaggedMs !== undefined) report.manifests += await removeUntagged(repository, untaggedMs)
        const own = new Set<Digest>()
        for (const digest of await manifests.list(repository)) {
          own.add(digest)
          const content = await contentOf(digest)
          if (!content || isIndex(content)) continue
          own.add(content.config.digest)
          for (const layer of content.layers) own.add(layer.digest)
        }
        for await (const [digest, path] of digestsBelow(layout.folder(repository, '_blobs')))
          if (!own.has(digest)) {
            if (sweep(path, digest, graceMs) === undefined) own.add(digest)
            else report.links++
          }
        for (const digest of own) marked.add(digest)
      }
      for await (const [digest, path] of digestsBelow(layout.blobs)) {
        if (marked.has(digest)) continue
        const size = sweep(path, digest, graceMs)
        if (size === undefined) continue
        report.blobs++
        report.bytes += size
      }
      touched.forget(graceMs)
      return report
    },
  }
}
