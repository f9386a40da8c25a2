/** The answer to a raw request: as much of fetch's Response as is needed here, without loading fetch. */
import { type TransportResponse, textOf } from './transport.ts'

export interface RawResponse {
  readonly status: number
  readonly ok: boolean
  header(name: string): string | undefined
  text(): Promise<string>
  json(): Promise<unknown>
  /** The body as it comes in; to be read to its end or cancelled. */
  readonly body: AsyncIterable<Uint8Array>
  cancel(): void
}

export function rawResponse({ status, headers, body }: TransportResponse): RawResponse {
  return {
    status,
    ok: status >= 200 && status < 300,
    header: name => {
      const value = headers[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : value
    },
    text: () => textOf(body),
    json: async () => JSON.parse(await textOf(body)),
    body,
    cancel: () => void body.destroy(),
  }
}
