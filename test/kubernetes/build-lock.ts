/** One builder at a time for a cache folder, also among processes: a lock is a file that names its holder; that of a dead process is taken over. */
import { open, readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = Number(await readFile(file, 'utf8').catch(() => ''))
      if (holder && !alive(holder)) await rm(file, { force: true })
      else await sleep(500)
    }
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}
