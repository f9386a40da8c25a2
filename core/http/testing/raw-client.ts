/** Sends exact bytes and keeps exact bytes: for what no HTTP client would send. */
import { connect } from 'node:net'

/** Resolves with all that came until the server closed the connection. Rejects after 5 s. */
export function rawRequest(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the server kept the connection open; so far it sent: ${text}`))
    }, 5000)
    socket.on('data', data => {
      text += data.toString('latin1')
    })
    const done = () => {
      clearTimeout(timer)
      resolve(text)
    }
    socket.on('error', done)
    socket.on('close', done)
    for (const piece of pieces) socket.write(piece)
  })
}
