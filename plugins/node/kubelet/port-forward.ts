/**
 * `/portForward` over channels (v4.channel.k8s.io): for the n-th port, channel 2n carries data and 2n+1 errors; both begin with the
 * port's number. A program that listens on the pod's loopback only is reached from inside its namespace.
 */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { onChannels, sendOn } from './channels.ts'

const relay =
  'const s=require("net").connect(+process.argv[1],"127.0.0.1");s.on("error",e=>{console.error(e.message);process.exit(1)});process.stdin.pipe(s).pipe(process.stdout)'

/** @param netns path of the pod's namespace; undefined is the machine's own */
export function dialPod(ip: string, port: number, netns: string | undefined): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, allowHalfOpen: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', error => {
      if (!netns) return reject(error)
      const child = spawn('nsenter', [`--net=${netns}`, process.execPath, '-e', relay, String(port)], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      child.once('error', reject)
      child.once('spawn', () =>
        resolve(Duplex.from({ readable: child.stdout, writable: child.stdin } as unknown as Iterable<Buffer>)),
      )
    })
  })
}

const portPrefix = (port: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(port)
  return bytes
}

export async function servePortForward(
  socket: WebSocket,
  ports: number[],
  dial: (port: number) => Promise<Duplex>,
): Promise<void> {
  const streams: (Duplex | undefined)[] = []
  socket.pause()
  await Promise.all(
    ports.map(async (port, i) => {
      await sendOn(socket, 2 * i, portPrefix(port))
      await sendOn(socket, 2 * i + 1, portPrefix(port))
      try {
        const stream = await dial(port)
        streams[i] = stream
        stream.on('data', (chunk: Buffer) => {
          stream.pause()
          void sendOn(socket, 2 * i, chunk).then(() => stream.resume())
        })
        stream.on('error', error => void sendOn(socket, 2 * i + 1, `an error occurred forwarding ${port}: ${error.message}`))
        stream.on('close', () => {
          if (streams.every(s => !s || s.destroyed)) socket.close(1000)
        })
      } catch (error) {
        await sendOn(socket, 2 * i + 1, `an error occurred forwarding ${port}: ${(error as Error).message}`)
      }
    }),
  )
  onChannels(socket, {
    data: (number, bytes) => void (number % 2 === 0 && streams[number / 2]?.write(bytes)),
    closed: number => void streams[Math.floor(number / 2)]?.end(),
  })
  socket.on('close', () => {
    for (const stream of streams) stream?.destroy()
  })
  socket.resume()
}
