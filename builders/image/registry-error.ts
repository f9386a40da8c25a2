/** What a registry's refusal means to a user (OCI distribution specification v1.1, "Error Codes"). */
import { BuildFailure, codeOf, messageOf } from '../failure/index.ts'
import { isPassingStatus, retryAfterMs } from './retry.ts'

interface SpecError {
  code?: string
  message?: string
  detail?: unknown
}

/** `MANIFEST_UNKNOWN` as a reason: `ManifestUnknown`. */
const camel = (code: string) =>
  code
    .toLowerCase()
    .split('_')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const fallback = (status: number) =>
  status === 401
    ? 'Unauthorized'
    : status === 403
      ? 'Denied'
      : status === 404
        ? 'NotFound'
        : status === 429
          ? 'TooManyRequests'
          : status === 507
            ? 'StorageFull'
            : 'RegistryFailed'

const advice: Record<string, string> = {
  Unauthorized: 'log in with docker login, or add the registry to the service account’s secrets',
  Denied: 'the login in use may not do this in that repository',
  ManifestUnknown: 'check the name and the tag',
  NameUnknown: 'check the name: the registry has no such repository',
  TooManyRequests: 'the registry limits the rate; log in or try later',
  StorageFull: 'free disk space where the registry stores its blobs',
}

/** @param what was tried, such as `push blob sha256:… to registry.localhost:5000/demo/hello` */
export function registryFailure(what: string, status: number, headers: Record<string, unknown>, body: Buffer): BuildFailure {
  let errors: SpecError[] = []
  try {
    errors = (JSON.parse(body.toString('utf8')) as { errors?: SpecError[] }).errors ?? []
  } catch {
    // Proxies in front of registries answer in HTML: the status has to do.
  }
  const first = errors[0]
  const reason = status === 507 || !first?.code || first.code === 'UNKNOWN' ? fallback(status) : camel(first.code)
  const said = errors
    .map(e => e.message || e.code)
    .filter(Boolean)
    .join('; ')
  const hint = advice[reason] ?? advice[fallback(status)]
  const system = isPassingStatus(status) || status >= 500
  const after = retryAfterMs(headers['retry-after'] as string | undefined)
  return new BuildFailure(
    reason,
    `cannot ${what}: the registry answered ${status}${said ? ` (${said})` : ''}${hint ? `; ${hint}` : ''}`,
    {
      blame: system ? 'system' : 'user',
      retry: !isPassingStatus(status) ? 'never' : after !== undefined ? { afterMs: after } : 'backoff',
    },
  )
}

/** A connection that failed before or while the registry answered. */
export function unreachable(what: string, origin: string, error: unknown): BuildFailure {
  const code = codeOf(error)
  const hint =
    code === 'ECONNREFUSED'
      ? 'nothing listens there; is the registry running?'
      : code === 'ENOTFOUND'
        ? 'the host name does not resolve; check its spelling'
        : /CERT|SSL|TLS/i.test(`${code} ${messageOf(error)}`)
          ? 'its certificate is not trusted; install its authority, or list the registry as insecure if it speaks plain HTTP'
          : 'check the network'
  return new BuildFailure('RegistryUnreachable', `cannot ${what}: ${origin}: ${messageOf(error) || code}; ${hint}`, {
    blame: 'system',
    retry: code === 'ENOTFOUND' || /CERT|SSL|TLS/i.test(code ?? '') ? 'never' : 'backoff',
    cause: error,
  })
}
