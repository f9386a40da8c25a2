/**
 * Streams over one WebSocket: the first byte of a message names the channel. Protocols v4 and v5.channel.k8s.io.
 * Source: k8s.io/apimachinery pkg/util/remotecommand, k8s.io/apiserver remotecommand; KEP-4006
 */
import type { WebSocket } from 'ws'

export const channelProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const
export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Sent on the error channel when a program has ended. */
export const exitStatus = (code: number) =>
  code === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      }
export const failureStatus = (message: string) => ({
  metadata: {},
  status: 'Failure',
  message,
  reason: 'InternalError',
  code: 500,
})

/** Resolves when it may take more. */
export function sendOn(socket: WebSocket, number: number, data: Buffer | string): Promise<void> {
  const body = Buffer.from(data)
  const message = Buffer.allocUnsafe(body.length + 1)
  message[0] = number
  body.copy(message, 1)
  return new Promise(resolve => socket.send(message, { binary: true }, () => resolve()))
}

/** Splits what comes in. `close` of a channel is v5's way to end standard input. */
export function onChannels(
  socket: WebSocket,
  handle: { data(number: number, bytes: Buffer): void; closed(number: number): void },
): void {
  socket.on('message', (raw: Buffer | ArrayBuffer | Buffer[]) => {
    const bytes = Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw as ArrayBuffer)
    if (!bytes.length) return
    if (bytes[0] === channel.close) handle.closed(bytes[1] ?? channel.stdin)
    else handle.data(bytes[0]!, bytes.subarray(1))
  })
}
