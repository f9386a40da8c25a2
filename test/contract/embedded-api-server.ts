/** The embedded API server in this process, on a free port and in a temporary folder. */
import { join } from 'node:path'
import { createApiServer } from '@slipway/plugin-apiserver/server'
import { openScope } from '../harness/scope.ts'
import type { ContractTarget } from './api-contract.ts'

export async function startEmbedded(): Promise<ContractTarget> {
  const scope = openScope()
  const folder = await scope.folder('slipway-contract-')
  const server = await createApiServer({ dataDir: join(folder, 'data') })
  scope.defer(() => server.close())
  return { ...server.connection, close: () => scope.close() }
}
