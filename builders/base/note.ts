/** What was made of what, remembered between starts. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../image/digest.ts'
import type { BaseImageName } from './image-name.ts'

export interface Note {
  fingerprint: string
  inputs: string[]
  digests: Partial<Record<BaseImageName, Digest>>
  missing: string[]
}

const pathOf = (cacheDir: string) => join(cacheDir, 'base-images.json')

export async function readNote(cacheDir: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(pathOf(cacheDir), 'utf8')) as Note
  } catch {
    return undefined
  }
}

export async function writeNote(cacheDir: string, note: Note): Promise<void> {
  const path = pathOf(cacheDir)
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(note))
  await rename(draft, path)
}
