/**
 * What the client needs of undici, without the rest of it: its index also loads fetch, WebSocket, caches and mocks, which is 8 MB in each
 * process. These modules are not promised by undici, so its version is pinned and `undici-parts.test.ts` compares them with the index.
 */
import { createRequire } from 'node:module'
import type { Dispatcher, Agent as UndiciAgent } from 'undici'

const load = createRequire(import.meta.url)
export const Agent = load('undici/lib/dispatcher/agent.js') as typeof UndiciAgent
const send = load('undici/lib/api/api-request.js') as (
  this: Dispatcher,
  options: Dispatcher.RequestOptions,
) => Promise<Dispatcher.ResponseData>

/** undici's `request`, by a dispatcher of one's own. @param url absolute */
export function request(
  url: string,
  { dispatcher, ...options }: Omit<Dispatcher.RequestOptions, 'origin' | 'path'> & { dispatcher: Dispatcher },
): Promise<Dispatcher.ResponseData> {
  const slash = url.indexOf('/', url.indexOf('//') + 2)
  const origin = slash < 0 ? url : url.slice(0, slash)
  return send.call(dispatcher, { ...options, origin, path: slash < 0 ? '/' : url.slice(slash) })
}
