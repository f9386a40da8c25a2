/** A source tree, read and understood. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../failure/index.ts'
import { type AppPlan, type DecisiveTexts, decisiveFiles, planApp } from './app-plan.ts'
import { readIgnore, readTree, type TreeEntry } from './source-tree.ts'

export interface PreparedSource {
  folder: string
  plan: AppPlan
  texts: DecisiveTexts
}

/** .npmrc tells npm how to log in: it is used, but never becomes part of an image. */
const neverPacked = new Set(['.npmrc', '.dockerignore'])

async function readTexts(folder: string, entries: readonly TreeEntry[]): Promise<DecisiveTexts> {
  const texts: DecisiveTexts = {}
  const present = new Set(entries.map(e => e.path))
  for (const name of decisiveFiles) {
    if (!present.has(name) && name !== '.npmrc') continue
    try {
      texts[name] = await readFile(join(folder, name), 'utf8')
    } catch (error) {
      if (!['ENOENT', 'EISDIR'].includes(codeOf(error) ?? '')) throw error
    }
  }
  return texts
}

/** @throws BuildFailure as readTree and planApp do */
export async function prepareSource(folder: string): Promise<PreparedSource> {
  const entries = (await readTree(folder, await readIgnore(folder))).filter(e => !neverPacked.has(e.path))
  const texts = await readTexts(folder, entries)
  return { folder, texts, plan: planApp(entries, texts) }
}
