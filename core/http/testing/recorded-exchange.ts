/** An exchange without sockets, whose answer is kept for a test to look at. */
import { Exchange, type Outcome, type RequestHead, type ResponseSink } from '../exchange.ts'

export interface Recorded {
  exchange: Exchange
  status: number
  headers: string[]
  body: string
  ended: boolean
  aborted: boolean
  outcome: Outcome | undefined
}

export function recordedExchange(head: Partial<RequestHead> = {}): Recorded {
  const recorded = { status: 0, headers: [], body: '', ended: false, aborted: false, outcome: undefined } as unknown as Recorded
  const sink: ResponseSink = {
    respond(status, _message, headers, body) {
      Object.assign(recorded, { status, headers, body: body.toString(), ended: true })
    },
    start(status, _message, headers) {
      Object.assign(recorded, { status, headers })
    },
    write(chunk) {
      recorded.body += chunk.toString()
      return true
    },
    end() {
      recorded.ended = true
    },
    inform() {},
    tunnel(status) {
      recorded.status = status
    },
    onDrain() {},
    abort() {
      recorded.aborted = true
    },
  }
  recorded.exchange = new Exchange(
    {
      method: 'GET',
      url: '/',
      host: 'example.localhost',
      headers: [],
      body: undefined,
      upgrade: undefined,
      version: '1.1',
      remoteAddress: '127.0.0.1',
      scheme: 'http',
      ...head,
    },
    sink,
  )
  recorded.exchange.onEnd(outcome => {
    recorded.outcome = outcome
  })
  return recorded
}
