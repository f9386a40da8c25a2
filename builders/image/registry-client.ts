/**
 * A client of OCI distribution registries (distribution-spec v1.1), also of Docker's (v2 schema 2). Everything that comes in is verified
 * against its digest; blobs are streams and never held in memory.
 */
import { Readable } from 'node:stream'
import { BuildFailure } from '../failure/index.ts'
import { algorithmOf, type Digest, hasherOf, isDigest, sha256, verified, verifyBytes } from './digest.ts'
import { readBody } from './http.ts'
import { type Descriptor, type Index, isIndex, type Manifest, parseManifest } from './manifest.ts'
import { isIndexType, manifestTypes, mediaType } from './media-type.ts'
import { choosePlatform, type Platform } from './platform.ts'
import { atDigest, formatReference, identifierOf, type Reference } from './reference.ts'
import { createRegistrySession, type RegistryOptions } from './registry-session.ts'
import { withRetries } from './retry.ts'

/** What the image-spec lets registries limit a manifest to. */
const manifestLimit = 4 << 20

export interface FetchedManifest {
  descriptor: Descriptor
  bytes: Buffer
  manifest: Manifest | Index
}
export interface FetchedImage {
  descriptor: Descriptor
  bytes: Buffer
  manifest: Manifest
}
/** A repository: a Reference serves as one. */
export type Repository = Pick<Reference, 'registry' | 'repository'>
export interface CallOptions {
  signal?: AbortSignal
}

export interface RegistryClient {
  /** What a name stands for now, without fetching it. For an index, its own descriptor. @throws BuildFailure ManifestUnknown, … */
  resolveDigest(reference: Reference, options?: CallOptions): Promise<Descriptor>
  /** The manifest or index that a name stands for, verified. */
  fetchManifest(reference: Reference, options?: CallOptions): Promise<FetchedManifest>
  /** The image for a platform: where the name stands for an index, the one that fits. @throws BuildFailure NoMatchingPlatform */
  fetchImage(reference: Reference, platform: Platform, options?: CallOptions): Promise<FetchedImage>
  /** A small blob (config) as bytes, verified. */
  fetchBytes(repository: Repository, descriptor: Descriptor, options?: CallOptions): Promise<Buffer>
  /** A blob as a stream, which fails if the digest differs; a connection lost in the middle is taken up where it broke. */
  fetchBlob(repository: Repository, descriptor: Descriptor, options?: CallOptions): Promise<Readable>
  hasBlob(repository: Repository, digest: Digest, options?: CallOptions): Promise<boolean>
  /** Uploads unless the registry has it; `from` (a repository of the same registry) is mounted instead when it can be. */
  pushBlob(
    repository: Repository,
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    open: () => AsyncIterable<Uint8Array>,
    options?: CallOptions & { from?: string },
  ): Promise<'exists' | 'mounted' | 'pushed'>
  /** Under the reference's tag, else by digest. */
  pushManifest(reference: Reference, bytes: Uint8Array, type: string, options?: CallOptions): Promise<Descriptor>
  /** What refers to a digest as its subject; by the fallback tag where the registry lacks the API. */
  referrers(repository: Repository, digest: Digest, options?: CallOptions & { artifactType?: string }): Promise<Descriptor[]>
  close(): void
}

const nameOf = ({ registry, repository }: Repository) => `${registry}/${repository}`

export function createRegistryClient(options: RegistryOptions = {}): RegistryClient {
  const session = createRegistrySession(options)
  const pull = (r: Repository) => `repository:${r.repository}:pull`
  const push = (r: Repository, from?: string) => `repository:${r.repository}:pull,push${from ? ` repository:${from}:pull` : ''}`

  const manifestRequest = (reference: Reference, method: string, { signal }: CallOptions) =>
    session.send({
      method,
      registry: reference.registry,
      path: `${reference.repository}/manifests/${identifierOf(reference)}`,
      scope: pull(reference),
      what: `pull ${formatReference(reference)}`,
      headers: { accept: manifestTypes.join(', ') },
      accept: [200],
      signal,
    })

  async function fetchManifest(reference: Reference, { signal }: CallOptions = {}): Promise<FetchedManifest> {
    const what = formatReference(reference)
    const response = await manifestRequest(reference, 'GET', { signal })
    const bytes = await readBody(response.body, manifestLimit, `the manifest of ${what}`)
    const given = response.headers['docker-content-digest']
    const digest = reference.digest ?? (typeof given === 'string' && isDigest(given) ? given : sha256(bytes))
    verifyBytes(bytes, digest, what)
    const { mediaType: type, value } = parseManifest(bytes, response.headers['content-type'] ?? '', what)
    return { descriptor: { mediaType: type, digest, size: bytes.byteLength }, bytes, manifest: value }
  }

  async function resolveDigest(reference: Reference, { signal }: CallOptions = {}): Promise<Descriptor> {
    const { headers, body } = await manifestRequest(reference, 'HEAD', { signal })
    body.resume()
    const digest = headers['docker-content-digest']
    const size = Number(headers['content-length'])
    if (typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && headers['content-type'])
      return { mediaType: headers['content-type'].split(';')[0]!, digest, size }
    return (await fetchManifest(reference, { signal })).descriptor
  }

  async function fetchBlob(repository: Repository, descriptor: Descriptor, { signal }: CallOptions = {}): Promise<Readable> {
    const what = `blob ${descriptor.digest} of ${nameOf(repository)}`
    const open = (offset: number) =>
      session.send({
        method: 'GET',
        registry: repository.registry,
        path: `${repository.repository}/blobs/${descriptor.digest}`,
        scope: pull(repository),
        what: `pull ${what}`,
        headers: offset ? { range: `bytes=${offset}-` } : {},
        accept: offset ? [206] : [200],
        signal,
      })
    const first = await open(0)
    async function* chunks() {
      let offset = 0
      let body = first.body
      for (let resumes = 0; ; resumes++) {
        try {
          for await (const chunk of body) {
            offset += (chunk as Buffer).byteLength
            yield chunk as Buffer
          }
          if (offset >= descriptor.size) return
          throw Object.assign(new Error(`ended after ${offset} of ${descriptor.size} bytes`), { code: 'ECONNRESET' })
        } catch (error) {
          if (signal?.aborted || resumes === 4 || offset >= descriptor.size) throw error
          body = (await open(offset)).body
        }
      }
    }
    const stream = Readable.from(verified(chunks(), descriptor, what), { objectMode: false })
    stream.once('close', () => first.body.destroy())
    return stream
  }

  const hasBlob: RegistryClient['hasBlob'] = async (repository, digest, { signal } = {}) => {
    const { status, body } = await session.send({
      method: 'HEAD',
      registry: repository.registry,
      path: `${repository.repository}/blobs/${digest}`,
      scope: push(repository),
      what: `look for blob ${digest} in ${nameOf(repository)}`,
      accept: [200, 404],
      signal,
    })
    body.resume()
    return status === 200
  }

  const pushBlob: RegistryClient['pushBlob'] = async (repository, { digest, size }, open, { signal, from } = {}) => {
    if (await hasBlob(repository, digest, { signal })) return 'exists'
    const { registry } = repository
    const common = {
      registry,
      scope: push(repository, from),
      what: `push blob ${digest} to ${nameOf(repository)}`,
      signal,
      retry: false,
    }
    // Begin and send are tried again together: an upload that broke is not known to be usable.
    return withRetries(session.retry, signal, async () => {
      const mount = from && from !== repository.repository ? `?mount=${digest}&from=${encodeURIComponent(from)}` : ''
      const begun = await session.send({
        ...common,
        method: 'POST',
        path: `${repository.repository}/blobs/uploads/${mount}`,
        headers: { 'content-length': '0' },
        accept: [201, 202],
      })
      begun.body.resume()
      if (begun.status === 201 && mount) return 'mounted'
      if (!begun.headers.location)
        throw new BuildFailure('RegistryFailed', `cannot ${common.what}: the registry names no place to upload to`, {
          blame: 'system',
          retry: 'never',
        })
      const location = new URL(begun.headers.location, begun.url)
      location.searchParams.set('digest', digest)
      const done = await session.send({
        ...common,
        method: 'PUT',
        path: location,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
        body: open,
        accept: [201],
      })
      done.body.resume()
      return 'pushed'
    })
  }

  const pushManifest: RegistryClient['pushManifest'] = async (reference, bytes, type, { signal } = {}) => {
    const digest = reference.digest ?? sha256(bytes)
    verifyBytes(bytes, digest, `the manifest for ${formatReference(reference)}`)
    const response = await session.send({
      method: 'PUT',
      registry: reference.registry,
      path: `${reference.repository}/manifests/${reference.tag ?? digest}`,
      scope: push(reference),
      what: `push ${formatReference(reference)}`,
      headers: { 'content-type': type, 'content-length': String(bytes.byteLength) },
      body: bytes,
      accept: [201, 200],
      signal,
    })
    response.body.resume()
    return { mediaType: type, digest, size: bytes.byteLength }
  }

  async function referrersByTag(
    repository: Repository,
    digest: Digest,
    signal: AbortSignal | undefined,
  ): Promise<readonly Descriptor[]> {
    try {
      const tag = `${algorithmOf(digest)}-${digest.slice(digest.indexOf(':') + 1)}`
      const { manifest } = await fetchManifest({ ...repository, tag }, { signal })
      return isIndex(manifest) ? manifest.manifests : []
    } catch (error) {
      if (error instanceof BuildFailure && /Unknown|NotFound/.test(error.reason)) return []
      throw error
    }
  }

  const referrers: RegistryClient['referrers'] = async (repository, digest, { signal, artifactType } = {}) => {
    const found: Descriptor[] = []
    let path: string | URL | undefined =
      `${repository.repository}/referrers/${digest}${artifactType ? `?artifactType=${encodeURIComponent(artifactType)}` : ''}`
    while (path) {
      const response = await session.send({
        method: 'GET',
        registry: repository.registry,
        path,
        scope: pull(repository),
        what: `list what refers to ${digest} in ${nameOf(repository)}`,
        headers: { accept: mediaType.index },
        accept: [200, 404],
        signal,
      })
      const body = await readBody(response.body, manifestLimit, 'the list of referrers')
      if (response.status === 404 || !isIndexType(response.headers['content-type']?.split(';')[0] ?? '')) {
        found.push(...(await referrersByTag(repository, digest, signal)))
        break
      }
      found.push(...(JSON.parse(body.toString('utf8')) as Index).manifests)
      const next = /<([^>]+)>;\s*rel="?next"?/.exec(String(response.headers.link ?? ''))
      path = next ? new URL(next[1]!, response.url) : undefined
    }
    return artifactType ? found.filter(d => d.artifactType === artifactType) : found
  }

  return {
    resolveDigest,
    fetchManifest,
    async fetchImage(reference, platform, { signal } = {}) {
      const top = await fetchManifest(reference, { signal })
      if (!isIndex(top.manifest)) return top as FetchedImage
      const chosen = choosePlatform(top.manifest, platform, formatReference(reference))
      const inner = await fetchManifest(atDigest(reference, chosen.digest), { signal })
      if (isIndex(inner.manifest))
        throw new BuildFailure('InvalidManifest', `${formatReference(reference)} is an index of indexes, which is not supported`)
      return inner as FetchedImage
    },
    async fetchBytes(repository, descriptor, callOptions) {
      return readBody(await fetchBlob(repository, descriptor, callOptions), manifestLimit, `blob ${descriptor.digest}`)
    },
    fetchBlob,
    hasBlob,
    pushBlob,
    pushManifest,
    referrers,
    close: () => session.close(),
  }
}

/** The digest of a stream and its length, for what is to be pushed. */
export async function describeStream(type: string, chunks: AsyncIterable<Uint8Array>): Promise<Descriptor> {
  const hash = hasherOf('sha256:' as Digest)
  let size = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    size += chunk.byteLength
  }
  return { mediaType: type, digest: `sha256:${hash.digest('hex')}`, size }
}
