/** Who pushes. The seam where users and their tokens come in; until then one shared token, or none on loopback. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface User {
  name?: string
}
/** @returns the user, or undefined when the request proves none */
export type Authenticate = (request: IncomingMessage) => Promise<User | undefined>

export const anyone: Authenticate = async () => ({})

const digest = (text: string) => createHash('sha256').update(text).digest()

/** The token as the password of HTTP Basic (git's own way), under any user name, or as a Bearer token. Compared in constant time. */
export function sharedToken(token: string): Authenticate {
  const expected = digest(token)
  return async ({ headers: { authorization = '' } }) => {
    const [scheme, value = ''] = authorization.split(' ')
    if (scheme?.toLowerCase() === 'bearer') return timingSafeEqual(digest(value), expected) ? {} : undefined
    if (scheme?.toLowerCase() !== 'basic') return undefined
    const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':')
    if (!timingSafeEqual(digest(password.join(':')), expected)) return undefined
    return name ? { name } : {}
  }
}
