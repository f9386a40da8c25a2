/** How commands find a running installation: its API server by kubeconfig, its other addresses by a file that `slipway start` writes. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApiClient, connectApi, readKubeconfig } from '../client/index.ts'
import { homePaths } from './home.ts'

const fileOf = (dir: string) => join(dir, 'addresses.json')

export const writeAddresses = (dir: string, addresses: ReadonlyMap<string, string>): Promise<void> =>
  writeFile(fileOf(dir), `${JSON.stringify(Object.fromEntries(addresses), null, 2)}\n`, { mode: 0o600 })

export interface Installation {
  api: ApiClient
  /** `git`, `gateway`, `registry`, … as `slipway start` printed them; empty for a cluster. */
  addresses: Record<string, string>
}

/** @throws Error saying that nothing runs here */
export async function findInstallation(home: string | undefined): Promise<Installation> {
  const paths = homePaths(home)
  const kubeconfig = process.env.KUBECONFIG ?? paths.kubeconfig
  try {
    const api = connectApi(await readKubeconfig(kubeconfig), { userAgent: 'slipway-cli' })
    const addresses = await readFile(fileOf(paths.dir), 'utf8').then(JSON.parse, () => ({}))
    return { api, addresses }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`there is no kubeconfig at ${kubeconfig}; start Slipway with "slipway start", or set KUBECONFIG`)
  }
}
