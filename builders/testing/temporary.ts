/** A folder of a test's own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const temporaryFolder = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `slipway-${name}-`))
export const removeFolder = (path: string): Promise<void> => rm(path, { recursive: true, force: true })

/** Writes files below a folder; their folders are made. */
export async function writeFiles(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
}
