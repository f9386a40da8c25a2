/** What a client may ask of a listener before its request is looked at. */
export interface ListenerLimits {
  /** All headers of a request together; more is answered by 431. Default 65536. */
  maxHeaderBytes: number
  /** Headers of a request. Default 256. */
  maxHeaders: number
  /** From the first byte of a connection or a request to the end of its headers; slower is answered by 408. Default 10 s. */
  headersTimeoutMs: number
  /** How long a connection may wait for its next request. Default 75 s, as nginx. */
  keepAliveMs: number
  /** Streams at once on an HTTP/2 connection. Default 250. */
  maxStreams: number
}
export const defaultLimits: ListenerLimits = {
  maxHeaderBytes: 64 * 1024,
  maxHeaders: 256,
  headersTimeoutMs: 10_000,
  keepAliveMs: 75_000,
  maxStreams: 250,
}
