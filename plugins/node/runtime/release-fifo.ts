/**
 * Starts a created container without a further process: runc's init waits in opening `exec.fifo`, and `runc start` does no more than read
 * from it and remove it (libcontainer/container_linux.go, exec). A Go program less is some 10 ms of a cold start.
 */
import { constants } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const patienceMs = 2000

/** @returns false where there is no such pipe, or nobody writes to it: then the runtime itself has to be asked */
export async function releaseByFifo(runtimeRoot: string, id: string): Promise<boolean> {
  const path = join(runtimeRoot, id, 'exec.fifo')
  // Without O_NONBLOCK a thread would hang for ever if the container has just died.
  const fifo = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (!fifo) return false
  try {
    const buffer = Buffer.alloc(1)
    for (const until = Date.now() + patienceMs; Date.now() < until; ) {
      const { bytesRead } = await fifo.read(buffer, 0, 1).catch(error => {
        if (error.code === 'EAGAIN') return { bytesRead: 0 }
        throw error
      })
      if (bytesRead) {
        await unlink(path)
        return true
      }
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    return false
  } finally {
    await fifo.close()
  }
}
