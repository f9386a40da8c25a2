import type { RawResponse } from '../client/raw-response.ts'

/** What a fake API server answers to a raw request. @param body an object is sent as JSON */
export function rawAnswer(body: unknown, status = 200): RawResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    ok: status < 300,
    header: () => undefined,
    text: async () => text,
    json: async () => JSON.parse(text),
    body: (async function* () {
      yield Buffer.from(text)
    })(),
    cancel: () => {},
  }
}
