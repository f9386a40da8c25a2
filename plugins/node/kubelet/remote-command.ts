/** `/exec` and `/attach`: a program's streams over a WebSocket. */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ExecSession } from '../runtime/container-runtime.ts'
import { channel, exitStatus, failureStatus, onChannels, sendOn } from './channels.ts'

export interface RemoteOptions {
  command: string[]
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

const flag = (query: URLSearchParams, ...names: string[]) => names.some(n => ['1', 'true'].includes(query.get(n) ?? ''))

/** The API server's names and kubelet's own. */
export const remoteOptions = (query: URLSearchParams): RemoteOptions => ({
  command: query.getAll('command'),
  stdin: flag(query, 'stdin', 'input'),
  stdout: flag(query, 'stdout', 'output'),
  stderr: flag(query, 'stderr', 'error'),
  tty: flag(query, 'tty'),
})

async function pump(socket: WebSocket, number: number, stream: Readable | undefined): Promise<void> {
  if (!stream) return
  for await (const chunk of stream) await sendOn(socket, number, chunk as Buffer)
}

/** Joins a session to a socket, and ends the socket with the session's exit code. */
export async function serveSession(
  socket: WebSocket,
  open: () => ExecSession | Promise<ExecSession>,
  options: RemoteOptions,
): Promise<void> {
  let session: ExecSession
  // Nothing that comes before the session is there may be lost.
  socket.pause()
  try {
    session = await open()
  } catch (error) {
    socket.resume()
    await sendOn(socket, channel.error, JSON.stringify(failureStatus((error as Error).message)))
    socket.close(1000)
    return
  }
  onChannels(socket, {
    data(number, bytes) {
      if (number === channel.stdin) session.stdin?.write(bytes)
      else if (number === channel.resize) {
        try {
          const { Width, Height } = JSON.parse(bytes.toString('utf8')) as { Width: number; Height: number }
          session.resize(Width, Height)
        } catch {
          // A size that cannot be read is no reason to end the session.
        }
      }
    },
    closed(number) {
      if (number === channel.stdin) session.stdin?.end()
    },
  })
  socket.on('close', () => session.kill())
  socket.resume()
  if (!options.stdout) session.stdout.resume()
  if (!options.stderr) session.stderr?.resume()
  await Promise.all([
    options.stdout ? pump(socket, channel.stdout, session.stdout) : undefined,
    options.stderr ? pump(socket, channel.stderr, session.stderr) : undefined,
  ]).catch(() => {})
  await sendOn(socket, channel.error, JSON.stringify(exitStatus(await session.done)))
  socket.close(1000)
}
