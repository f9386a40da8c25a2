/**
 * Image references, by the grammar of distribution/reference (reference.go, regexp.go) and its normalisation (normalize.go):
 * `ubuntu` is `docker.io/library/ubuntu`. A tag beside a digest is kept for reading; the digest decides.
 */
import { BuildFailure } from '../failure/index.ts'
import { type Digest, isDigest } from './digest.ts'

export interface Reference {
  /** Host and port of the registry as in names, such as `docker.io` or `registry.localhost:5000`. */
  readonly registry: string
  /** Path inside the registry, such as `library/ubuntu`. */
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
}

const hostPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/
const componentPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const maxNameLength = 255

const wrong = (text: string, problem: string) =>
  new BuildFailure('InvalidImageName', `image name ${JSON.stringify(text)} is invalid: ${problem}`)

/** Is the first part of a name a host? As Docker decides: it has a dot, a colon or an upper-case letter, or is `localhost`. */
const looksLikeHost = (part: string) => /[.:]/.test(part) || part === 'localhost' || part !== part.toLowerCase()

export const isTag = (text: string): boolean => tagPattern.test(text)
export const isRepository = (text: string): boolean =>
  text.length <= maxNameLength && text.split('/').every(part => componentPattern.test(part))

function splitHost(name: string): [registry: string, repository: string] {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  if (slash < 0 || !looksLikeHost(first)) return ['docker.io', slash < 0 ? `library/${name}` : name]
  const rest = name.slice(slash + 1)
  if (first === 'docker.io' || first === 'index.docker.io') return ['docker.io', rest.includes('/') ? rest : `library/${rest}`]
  return [first, rest]
}

/**
 * Reads an image name. Neither tag nor digest is made up: see `withDefaultTag`.
 * @throws BuildFailure InvalidImageName, saying which part is wrong
 */
export function parseReference(text: string): Reference {
  if (!text) throw wrong(text, 'it is empty')
  let rest = text
  let digest: string | undefined
  const at = rest.indexOf('@')
  if (at >= 0) {
    digest = rest.slice(at + 1)
    rest = rest.slice(0, at)
    if (!isDigest(digest))
      throw wrong(text, `${JSON.stringify(digest)} is not a digest such as sha256: and 64 hexadecimal digits`)
  }
  let tag: string | undefined
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1)
  if (colon >= 0) {
    tag = rest.slice(colon + 1)
    rest = rest.slice(0, colon)
    if (!isTag(tag))
      throw wrong(
        text,
        `the tag ${JSON.stringify(tag)} must be letters, digits, "_", "." and "-", at most 128, and not begin with "." or "-"`,
      )
  }
  if (/^[a-f0-9]{64}$/.test(rest)) throw wrong(text, 'it is a bare 64-digit identifier, not a name')
  const [registry, repository] = splitHost(rest)
  if (!hostPattern.test(registry)) throw wrong(text, `${JSON.stringify(registry)} is not a host name with an optional port`)
  if (repository.length > maxNameLength) throw wrong(text, `the repository's path is longer than ${maxNameLength} characters`)
  if (repository !== repository.toLowerCase()) throw wrong(text, "the repository's path must be lower-case")
  const bad = repository.split('/').find(part => !componentPattern.test(part))
  if (bad !== undefined)
    throw wrong(
      text,
      `the path part ${JSON.stringify(bad)} must be lower-case letters and digits, separated by ".", "_", "__" or "-"`,
    )
  return { registry, repository, ...(tag && { tag }), ...(digest && { digest: digest as Digest }) }
}

/** `latest` where neither tag nor digest is given, as all clients read it. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag || reference.digest ? reference : { ...reference, tag: 'latest' }

/** Pinned to content: the tag goes, the digest comes. */
export const atDigest = ({ registry, repository }: Reference, digest: Digest): Reference => ({ registry, repository, digest })

/** What a registry is asked for: the digest if there is one, else the tag. */
export const identifierOf = (reference: Reference): string => reference.digest ?? reference.tag ?? 'latest'

/** The full name, which `parseReference` reads back. */
export const formatReference = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`
