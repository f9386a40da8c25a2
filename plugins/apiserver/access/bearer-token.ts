/** Bearer tokens: the server's own, and those of service accounts (JWTs it signs itself). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { mastersGroup, type User } from './user.ts'

export interface ServiceAccountClaims {
  namespace: string
  name: string
  uid: string
  pod?: { name: string; uid: string }
  audiences: readonly string[]
  /** Seconds since the epoch. */
  issuedAt: number
  expiresAt: number
}

export interface TokenAuthority {
  /** The user that a token stands for, or undefined. Takes the same time for any wrong token of the server's form. */
  identify(token: string): User | undefined
  /** Source: k8s.io/kubernetes pkg/serviceaccount/claims.go */
  issue(claims: ServiceAccountClaims): string
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * @param own the generated token of the administrator
 * @param issuer the server's URL
 */
export function tokenAuthority(own: string, issuer: string, now: () => number): TokenAuthority {
  const ownDigest = digest(own)
  const signingKey = createHash('sha256').update(`service-account-tokens\0${own}`).digest()
  const sign = (text: string) => createHmac('sha256', signingKey).update(text).digest('base64url')
  const admin: User = { name: 'slipway-admin', groups: [mastersGroup, 'system:authenticated'] }
  return {
    identify(token) {
      if (timingSafeEqual(digest(token), ownDigest)) return admin
      const [head, body, signature] = token.split('.')
      if (!head || !body || !signature) return undefined
      if (!timingSafeEqual(digest(signature), digest(sign(`${head}.${body}`)))) return undefined
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { sub: string; exp: number; 'kubernetes.io': Bound }
      if (claims.exp * 1000 <= now()) return undefined
      const { namespace, serviceaccount, pod } = claims['kubernetes.io']
      return {
        name: claims.sub,
        uid: serviceaccount.uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        ...(pod && {
          extra: {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          },
        }),
      }
    },
    issue({ namespace, name, uid, pod, audiences, issuedAt, expiresAt }) {
      const bound: Bound = { namespace, serviceaccount: { name, uid }, ...(pod && { pod }) }
      const body = encode({
        aud: audiences.length ? audiences : [issuer],
        exp: expiresAt,
        iat: issuedAt,
        nbf: issuedAt,
        iss: issuer,
        sub: `system:serviceaccount:${namespace}:${name}`,
        'kubernetes.io': bound,
      })
      const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${body}`
      return `${text}.${sign(text)}`
    },
  }
}

interface Bound {
  namespace: string
  serviceaccount: { name: string; uid: string }
  pod?: { name: string; uid: string }
}
