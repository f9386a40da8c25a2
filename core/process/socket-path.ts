/** Where a unix socket goes: in its owner's folder, or in a private folder of the system's temporary one where that path would be too long. */
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a unix socket's address holds at most, its end included (sun_path of Linux; macOS takes 104). */
const longest = 103

/** @param name of the socket's file: `redis.sock` */
export function socketPath(dataDir: string, name: string): string {
  const here = join(dataDir, name)
  if (Buffer.byteLength(here) <= longest) return here
  const id = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(tmpdir(), `slipway-${id}`, name)
}
