import { apiContract } from './api-contract.ts'
import { startEmbedded } from './embedded-api-server.ts'

apiContract('embedded server', startEmbedded)
