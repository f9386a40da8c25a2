/** Keeps container logs small: past a size the file is moved aside and conmon told to begin a new one; a few old ones are kept. Source: kubelet logs/container_log_manager.go */
import { readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface RotationPolicy {
  /** Bytes. */
  maxSize: number
  /** Files of one run, the present one included. */
  maxFiles: number
}
export const defaultRotation: RotationPolicy = { maxSize: 10 << 20, maxFiles: 5 }

/** Rotated files of one run, oldest first: `0.log.20260101-120000.123`. */
export async function rotatedFiles(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`
  const names = await readdir(dirname(path)).catch(() => [])
  return names
    .filter(name => name.startsWith(prefix))
    .sort()
    .map(name => join(dirname(path), name))
}

/**
 * @param reopen makes the writer begin a new file at `path`
 * @returns whether it was rotated
 */
export async function rotateLog(
  path: string,
  policy: RotationPolicy,
  now: number,
  reopen: () => Promise<void>,
): Promise<boolean> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size < policy.maxSize) return false
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').replace('T', '-').replace('Z', '')
  await rename(path, `${path}.${stamp}`)
  await reopen()
  const old = await rotatedFiles(path)
  for (const file of old.slice(0, Math.max(0, old.length - (policy.maxFiles - 1)))) await unlink(file).catch(() => {})
  return true
}

/** Removes the logs of all runs but the last two, which `kubectl logs` can show. */
export async function keepLastRuns(dir: string, attempt: number): Promise<void> {
  for (const name of await readdir(dir).catch(() => []))
    if (Number.parseInt(name, 10) < attempt - 1) await unlink(join(dir, name)).catch(() => {})
}
