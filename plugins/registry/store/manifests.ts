/** Manifests, tags and referrers of repositories. A manifest that was accepted is on disk for good, with all that it refers to. */

import { open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { algorithmOf, type Descriptor, type Digest, isDigest } from '@slipway/builders/image'
import { manifestUnknown } from '../spec-error.ts'
import { inFolder, isMissing, syncFolder, writeDurably } from './durable.ts'
import type { Layout } from './layout.ts'
import type { Touched } from './touched.ts'

/** What a repository's link to a manifest says, so that answers and lists of referrers need not read the manifest. */
export interface ManifestLink {
  mediaType: string
  size: number
  artifactType?: string
  annotations?: Readonly<Record<string, string>>
  subject?: Digest
}

export interface ManifestStore {
  /** The digest of a tag, or the digest itself. @throws SpecError MANIFEST_UNKNOWN */
  resolve(repository: string, id: string): Promise<Digest>
  find(repository: string, digest: Digest): Promise<ManifestLink | undefined>
  read(digest: Digest): Promise<Buffer>
  has(repository: string, digest: Digest): Promise<boolean>
  /** @param refersTo what must survive with it */
  put(
    repository: string,
    digest: Digest,
    bytes: Buffer,
    link: ManifestLink,
    tag: string | undefined,
    refersTo: readonly Digest[],
  ): Promise<void>
  /** Takes the manifest and all tags of it away. @throws SpecError MANIFEST_UNKNOWN */
  remove(repository: string, digest: Digest): Promise<void>
  /** @throws SpecError MANIFEST_UNKNOWN */
  removeTag(repository: string, tag: string): Promise<void>
  /** All tags, sorted; undefined for a repository that has never had a manifest. */
  tags(repository: string): Promise<string[] | undefined>
  list(repository: string): Promise<Digest[]>
  referrers(repository: string, subject: Digest): Promise<Descriptor[]>
  /** Names in order. @param empty also those that have no manifest (yet) */
  repositories(empty?: boolean): AsyncGenerator<string>
}

/** The specification wants tags "in lexical order (case-insensitive alphanumeric)"; equal ones then by their bytes. */
export const byLexicalOrder = (a: string, b: string): number => {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()]
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0
}

const namesIn = (path: string): Promise<string[]> =>
  readdir(path).catch(error => {
    if (isMissing(error)) return []
    throw error
  })

export function createManifestStore(layout: Layout, touched: Touched): ManifestStore {
  const { scratch } = layout

  const find: ManifestStore['find'] = async (repository, digest) => {
    touched.touch(digest)
    try {
      return JSON.parse(await readFile(layout.manifestLink(repository, digest), 'utf8')) as ManifestLink
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  const readTag = async (repository: string, tag: string): Promise<Digest | undefined> => {
    try {
      const text = await readFile(layout.tag(repository, tag), 'utf8')
      return isDigest(text) ? text : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async function digestsIn(folder: string): Promise<Digest[]> {
    const algorithms = await namesIn(folder)
    const lists = await Promise.all(
      algorithms.map(async a => (await namesIn(join(folder, a))).map(hex => `${a}:${hex}`).filter(isDigest)),
    )
    return lists.flat()
  }

  async function syncReferences(repository: string, digest: Digest, refersTo: readonly Digest[]) {
    const folders = new Set([layout.blob(digest), layout.manifestLink(repository, digest)].map(dirname))
    for (const each of refersTo)
      for (const path of [layout.blob(each), layout.blobLink(repository, each), layout.manifestLink(repository, each)])
        folders.add(dirname(path))
    await Promise.all(
      [...folders].map(folder =>
        syncFolder(folder).catch(error => {
          if (!isMissing(error)) throw error
        }),
      ),
    )
  }

  async function* walk(folder: string, name: string, empty: boolean): AsyncGenerator<string> {
    const inside = await namesIn(folder)
    if (inside.includes('_manifests') || (empty && inside.includes('_blobs'))) yield name
    for (const each of inside.sort())
      if (!each.startsWith('_')) yield* walk(join(folder, each), name ? `${name}/${each}` : each, empty)
  }

  return {
    async resolve(repository, id) {
      const digest = isDigest(id) ? id : await readTag(repository, id)
      if (!digest) throw manifestUnknown(repository, id)
      return digest
    },
    find,
    has: async (repository, digest) => (await find(repository, digest)) !== undefined,
    read: digest => readFile(layout.blob(digest)),

    async put(repository, digest, bytes, link, tag, refersTo) {
      touched.touch(digest)
      for (const each of refersTo) touched.touch(each)
      await writeDurably(layout.blob(digest), bytes, scratch)
      await syncReferences(repository, digest, refersTo)
      if (link.subject) {
        const path = join(layout.referrers(repository, link.subject), algorithmOf(digest), digest.slice(digest.indexOf(':') + 1))
        await (await inFolder(path, () => open(path, 'a'))).close()
        await syncFolder(dirname(path))
      }
      await writeDurably(layout.manifestLink(repository, digest), JSON.stringify(link), scratch)
      await syncFolder(dirname(layout.manifestLink(repository, digest)))
      if (!tag) return
      await writeDurably(layout.tag(repository, tag), digest, scratch)
      await syncFolder(layout.folder(repository, '_tags'))
    },

    async remove(repository, digest) {
      const link = await find(repository, digest)
      if (!link) throw manifestUnknown(repository, digest)
      for (const tag of await namesIn(layout.folder(repository, '_tags')))
        if ((await readTag(repository, tag)) === digest) await rm(layout.tag(repository, tag), { force: true })
      if (link.subject)
        await rm(join(layout.referrers(repository, link.subject), algorithmOf(digest), digest.slice(digest.indexOf(':') + 1)), {
          force: true,
        })
      await rm(layout.manifestLink(repository, digest), { force: true })
    },

    async removeTag(repository, tag) {
      try {
        await rm(layout.tag(repository, tag))
      } catch (error) {
        throw isMissing(error) ? manifestUnknown(repository, tag) : error
      }
    },

    async tags(repository) {
      const inside = await namesIn(join(layout.repositories, repository))
      if (!inside.includes('_manifests')) return undefined
      return (await namesIn(layout.folder(repository, '_tags'))).sort(byLexicalOrder)
    },

    list: repository => digestsIn(layout.folder(repository, '_manifests')),

    async referrers(repository, subject) {
      const found: Descriptor[] = []
      for (const digest of (await digestsIn(layout.referrers(repository, subject))).sort()) {
        const link = await find(repository, digest)
        if (!link) continue
        const { mediaType, size, artifactType, annotations } = link
        found.push({ mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) })
      }
      return found
    },

    repositories: (empty = false) => walk(layout.repositories, '', empty),
  }
}
