/** Reads mounted secrets and writes the files made of them. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BuildFailure, codeOf } from '../failure/index.ts'
import { type CredentialFile, credentialFiles, type SecretData } from './credential-files.ts'
import type { CredentialUse } from './credential-flags.ts'

/** A mounted secret: a file a key; what begins with two dots is the mount's own (see Kubernetes' atomic writer). */
async function readSecret(folder: string, name: string): Promise<SecretData> {
  const data: Record<string, string> = {}
  let keys: string[]
  try {
    keys = await readdir(folder)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new BuildFailure('InvalidSecret', `secret ${name} is not mounted at ${folder}; does it exist in the build's namespace?`)
  }
  for (const key of keys)
    if (!key.startsWith('..') && (await stat(join(folder, key))).isFile()) data[key] = await readFile(join(folder, key), 'utf8')
  return data
}

async function writePrivate(home: string, { path, content, mode }: CredentialFile): Promise<void> {
  const full = join(home, path)
  // ssh refuses keys in a folder that others can read.
  await mkdir(dirname(full), { recursive: true, mode: 0o700 })
  await writeFile(full, content, { mode })
  await chmod(full, mode)
}

/** @returns the paths that were written */
export async function writeCredentials(uses: readonly CredentialUse[], secretsFolder: string, home: string): Promise<string[]> {
  const names = [...new Set(uses.map(use => use.secret))]
  const secrets = Object.fromEntries(
    await Promise.all(names.map(async name => [name, await readSecret(join(secretsFolder, name), name)] as const)),
  )
  const files = credentialFiles(uses, secrets)
  for (const file of files) await writePrivate(home, file)
  return files.map(file => file.path)
}
