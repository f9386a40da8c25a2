/** How to reach an API server. */
export interface ApiConnection {
  /** Such as `https://127.0.0.1:6443`. */
  url: string
  /** A unix socket to reach it by instead of the URL's host. */
  socketPath?: string
  /** PEM of the authority that signs the server's certificate. */
  ca?: string
  token?: string
  clientCert?: string
  clientKey?: string
  /** Headers computed at each request, where a login program or OIDC gives them. */
  headers?: () => Promise<Record<string, string>>
}
