/** The scenarios of a folder: each file `NAME.ts` beside its runner is one, known by its name. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Names, sorted. Files with a dot in their name belong to a scenario, and `main` runs them. */
export async function scenarioNames(folder: URL): Promise<string[]> {
  const files = await readdir(fileURLToPath(folder))
  return files
    .flatMap(file => /^([a-z0-9-]+)\.ts$/.exec(file)?.[1] ?? [])
    .filter(name => name !== 'main')
    .sort()
}

/** @throws Error that lists what there is, when there is no such scenario or its file exports no `title` and `run` */
export async function loadScenario<T extends { title: string; run: unknown }>(folder: URL, name: string): Promise<T> {
  const names = await scenarioNames(folder)
  if (!names.includes(name)) throw new Error(`there is no scenario "${name}"; there are ${names.join(', ') || 'none yet'}`)
  const loaded = (await import(pathToFileURL(join(fileURLToPath(folder), `${name}.ts`)).href)) as T
  if (typeof loaded.title !== 'string' || typeof loaded.run !== 'function')
    throw new Error(`${name}.ts must export a title and a function run`)
  return loaded
}

/** Prints each scenario's name and title. */
export async function printScenarios(folder: URL): Promise<void> {
  for (const name of await scenarioNames(folder)) console.log(`${name.padEnd(24)} ${(await loadScenario(folder, name)).title}`)
}
