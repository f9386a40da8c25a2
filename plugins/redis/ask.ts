/** One command to a Redis on a unix socket, without a client library: enough to see whether it is ready and to shut it down. */
import { createConnection } from 'node:net'

/**
 * @returns the first line of the answer, such as `+PONG` or `-LOADING …`; empty when the server ended the connection, as after SHUTDOWN
 * @throws Error with the socket's code, such as ENOENT or ECONNREFUSED, or ETIMEDOUT
 */
export const ask = (socket: string, command: string, timeoutMs = 1000): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const connection = createConnection(socket, () => connection.write(`${command}\r\n`))
    connection.setEncoding('utf8')
    connection.setTimeout(timeoutMs, () => connection.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    connection.on('data', chunk => {
      answer += chunk
      const end = answer.indexOf('\r\n')
      if (end < 0) return
      resolve(answer.slice(0, end))
      connection.destroy()
    })
    connection.on('error', reject)
    connection.on('close', () => resolve(''))
  })
