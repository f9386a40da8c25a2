/** Unpacks a big layer in a thread of its own, so that the process goes on answering and its heap does not grow. */
import { createReadStream } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { type Compression, unpackLayer } from './unpack-layer.ts'

const { file, compression, root } = workerData as { file: string; compression: Compression; root: string }
const marks = await unpackLayer(createReadStream(file, { highWaterMark: 1 << 20 }), compression, root)
parentPort!.postMessage(marks)
