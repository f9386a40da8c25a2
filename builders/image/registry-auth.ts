/**
 * Logging in at a registry: the challenge of its 401 answer is read (RFC 9110, section 11.6.1), and answered with basic credentials
 * or with a bearer token from the realm it names (distribution's token specification). Tokens are kept until they expire.
 */
import { BuildFailure } from '../failure/index.ts'
import type { CredentialSource, RegistryCredentials } from './docker-config.ts'
import { type Http, readBody } from './http.ts'

export interface Challenge {
  scheme: string
  parameters: Record<string, string>
}

/** Reads a WWW-Authenticate header with one or more challenges. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  const part = /([A-Za-z][\w-]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|(?=\s|,|$))/g
  for (const [, word, quoted, bare] of header.matchAll(part)) {
    if (quoted === undefined && bare === undefined) challenges.push({ scheme: word!.toLowerCase(), parameters: {} })
    else {
      const last = challenges.at(-1)
      if (last) last.parameters[word!.toLowerCase()] = quoted !== undefined ? quoted.replace(/\\(.)/g, '$1') : bare!
    }
  }
  return challenges
}

export interface RegistryAuth {
  /** The Authorization header to try first, if one is known. */
  header(registry: string, scope: string): string | undefined
  /** Answers a challenge. @returns the header to try again with, or undefined when there is nothing to log in with */
  answer(registry: string, scope: string, wwwAuthenticate: string, secure: boolean): Promise<string | undefined>
}

const basic = ({ username, password }: { username: string; password: string }) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export function createRegistryAuth(http: Http, credentials: CredentialSource, now: () => number = Date.now): RegistryAuth {
  const known = new Map<string, { header: string; until: number }>()

  async function fetchToken(
    registry: string,
    { parameters }: Challenge,
    scope: string,
    login: RegistryCredentials | undefined,
    secure: boolean,
  ) {
    const { realm, service } = parameters
    if (!realm || !URL.canParse(realm))
      throw new BuildFailure('BadChallenge', `registry ${registry} asks for a token, but names no realm to get it from`, {
        blame: 'system',
      })
    const url = new URL(realm)
    // A registry over TLS must not talk us into sending a password in the clear.
    if (login && secure && url.protocol !== 'https:')
      throw new BuildFailure('InsecureRealm', `registry ${registry} wants the login sent to ${url.origin} without TLS; refused`)
    const request = { method: 'GET', url, headers: {} as Record<string, string>, body: undefined as Uint8Array | undefined }
    if (login && 'identityToken' in login) {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'slipway',
        refresh_token: login.identityToken,
        scope,
      })
      if (service) form.set('service', service)
      request.method = 'POST'
      request.body = Buffer.from(form.toString())
      request.headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(request.body.byteLength) }
    } else {
      if (service) url.searchParams.set('service', service)
      for (const each of scope.split(' ')) url.searchParams.append('scope', each)
      if (login && 'username' in login) request.headers = { authorization: basic(login) }
    }
    const response = await http.send(request)
    const body = await readBody(response.body, 1 << 20, `the token answer of ${url.origin}`)
    if (response.status !== 200)
      throw new BuildFailure(
        'Unauthorized',
        `${url.origin} gives no token for ${registry} (${response.status}); ${login ? 'check the user name and password' : 'log in: the registry does not serve this anonymously'}`,
      )
    const { token, access_token, expires_in } = JSON.parse(body.toString('utf8')) as {
      token?: string
      access_token?: string
      expires_in?: number
    }
    // Ten seconds of every lifetime are kept back, so that a token does not run out on its way.
    return { header: `Bearer ${token ?? access_token}`, until: now() + ((expires_in ?? 60) - 10) * 1000 }
  }

  return {
    header(registry, scope) {
      const entry = known.get(`${registry} ${scope}`) ?? known.get(registry)
      return entry && entry.until > now() ? entry.header : undefined
    },
    async answer(registry, scope, wwwAuthenticate, secure) {
      const login = await credentials(registry)
      const challenges = parseChallenges(wwwAuthenticate)
      const bearer = challenges.find(c => c.scheme === 'bearer')
      if (login && 'registryToken' in login) {
        const entry = { header: `Bearer ${login.registryToken}`, until: Number.POSITIVE_INFINITY }
        known.set(registry, entry)
        return entry.header
      }
      if (bearer) {
        const entry = await fetchToken(registry, bearer, scope, login, secure)
        known.set(`${registry} ${scope}`, entry)
        return entry.header
      }
      if (!login || !('username' in login) || !challenges.some(c => c.scheme === 'basic')) return undefined
      const entry = { header: basic(login), until: Number.POSITIVE_INFINITY }
      known.set(registry, entry)
      return entry.header
    },
  }
}
