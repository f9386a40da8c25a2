/** The head of a push: what is to be updated, and the push options; the pack follows it. Source: git's gitprotocol-pack.adoc, "Reference Update Request". */
import { PacketReader, ProtocolError } from './pkt-line.ts'

export interface RefUpdate {
  ref: string
  before: string
  after: string
}
export interface ReceiveRequest {
  updates: RefUpdate[]
  capabilities: Set<string>
  /** Of `git push -o`. */
  options: Record<string, string>
}

/** So many refs fit into a head of this size that a push which needs more is no push of a person. */
export const longestHead = 1 << 20

const update = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\0\n]+)(?:\0([^\n]*))?\n?$/

function readUpdates(reader: PacketReader, request: ReceiveRequest): boolean {
  for (let packet = reader.next(); packet; packet = reader.next()) {
    if (packet.type === 'flush') return true
    if (packet.type !== 'data') throw new ProtocolError(`unexpected ${packet.type} packet in a push`)
    const line = packet.payload.toString('utf8')
    if (line.startsWith('shallow ')) continue
    const [, before, after, ref, capabilities] = update.exec(line) ?? []
    if (!before || !after || !ref) throw new ProtocolError(`not a ref update: ${JSON.stringify(line.slice(0, 120))}`)
    request.updates.push({ ref, before, after })
    for (const capability of capabilities?.split(' ') ?? []) if (capability) request.capabilities.add(capability)
  }
  return false
}

function readOptions(reader: PacketReader, request: ReceiveRequest): boolean {
  for (let packet = reader.next(); packet; packet = reader.next()) {
    if (packet.type === 'flush') return true
    if (packet.type !== 'data') throw new ProtocolError(`unexpected ${packet.type} packet among push options`)
    const text = packet.payload.toString('utf8').replace(/\n$/, '')
    const equals = text.indexOf('=')
    request.options[equals < 0 ? text : text.slice(0, equals)] = equals < 0 ? '' : text.slice(equals + 1)
  }
  return false
}

/**
 * Reads the head off a stream that comes in pieces. `push` returns the request once it is complete.
 * @throws ProtocolError when it is no push
 */
export function receiveRequestParser(): { push(chunk: Buffer): ReceiveRequest | undefined } {
  const reader = new PacketReader()
  const request: ReceiveRequest = { updates: [], capabilities: new Set(), options: Object.create(null) }
  let part: 'updates' | 'options' | 'done' = 'updates'
  let size = 0
  return {
    push(chunk) {
      size += chunk.length
      reader.append(chunk)
      if (part === 'updates' && readUpdates(reader, request))
        part = request.updates.length && request.capabilities.has('push-options') ? 'options' : 'done'
      if (part === 'options' && readOptions(reader, request)) part = 'done'
      if (part === 'done') return request
      if (size > longestHead) throw new ProtocolError('the push updates too many refs at once')
      return undefined
    },
  }
}
