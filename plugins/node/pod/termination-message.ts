/** Why a container ended, in its own words: the termination file, or the end of its log. Source: kubelet getTerminationMessage */
import { open, stat } from 'node:fs/promises'
import { parseCriLine } from '../log/cri-line.ts'

const fileLimit = 4096
const logLimit = 2048
const logLines = 80

async function tail(path: string, bytes: number): Promise<string> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  if (!size) return ''
  const file = await open(path, 'r')
  try {
    const length = Math.min(bytes, size)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } finally {
    await file.close()
  }
}

export async function terminationMessage(options: {
  file: string
  log: string
  fallBackToLog: boolean
  failed: boolean
}): Promise<string> {
  const written = await tail(options.file, fileLimit)
  if (written || !options.fallBackToLog || !options.failed) return written
  const lines = (await tail(options.log, 4 * logLimit)).split('\n').flatMap(line => {
    const parsed = parseCriLine(line)
    return parsed ? [parsed.text] : []
  })
  return lines.slice(-logLines).join('\n').slice(-logLimit)
}
