/**
 * Which headers end at this hop. RFC 9110 §7.6.1, with Proxy-Connection, Keep-Alive and HTTP2-Settings as in practice.
 * Names are looked at by length first: lower-casing each would cost more than the rest of the pass.
 */

/** Of an answer, on its way to the client. `transfer-encoding` is set anew by whoever frames the message. */
export function endsHereInResponse(name: string): boolean {
  switch (name.length) {
    case 7:
      return name.toLowerCase() === 'upgrade'
    case 10: {
      const lower = name.toLowerCase()
      return lower === 'connection' || lower === 'keep-alive'
    }
    case 16:
      return name.toLowerCase() === 'proxy-connection'
    case 17:
      return name.toLowerCase() === 'transfer-encoding'
    default:
      return false
  }
}

/** Of a request, on its way to the upstream. Host and the forwarding headers are written anew, so they end here too. */
export function endsHereInRequest(name: string): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te'
    case 4:
      return name.toLowerCase() === 'host'
    case 7:
      return name.toLowerCase() === 'upgrade'
    case 9:
      return name.toLowerCase() === 'forwarded'
    case 10: {
      const lower = name.toLowerCase()
      return lower === 'connection' || lower === 'keep-alive'
    }
    case 14:
      return name.toLowerCase() === 'http2-settings'
    case 15:
      return name.toLowerCase() === 'x-forwarded-for'
    case 16: {
      const lower = name.toLowerCase()
      return lower === 'proxy-connection' || lower === 'x-forwarded-host'
    }
    case 17: {
      const lower = name.toLowerCase()
      return lower === 'transfer-encoding' || lower === 'x-forwarded-proto'
    }
    case 19:
      return name.toLowerCase() === 'proxy-authorization'
    default:
      return false
  }
}

const everyday = /^\s*(?:close|keep-alive|upgrade)\s*$/i
/** The further names that a Connection header gives to this hop only, in lower case; undefined for the everyday values. */
export function connectionTokens(value: string): string[] | undefined {
  if (everyday.test(value)) return undefined
  const names = value
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name && name !== 'close' && name !== 'keep-alive' && name !== 'upgrade')
  return names.length ? names : undefined
}
