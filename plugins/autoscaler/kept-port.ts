/** The port of the last start is taken again, so that a data plane that outlives this process still finds it. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileOf = (dataDir: string) => join(dataDir, 'port')

/** 0 where there was no last start. */
export async function keptPort(dataDir: string): Promise<number> {
  const port = Number(await readFile(fileOf(dataDir), 'utf8').catch(() => '0'))
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : 0
}
export const keepPort = (dataDir: string, port: number): Promise<void> => writeFile(fileOf(dataDir), String(port))
