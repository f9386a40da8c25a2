export { rawRequest } from './raw-client.ts'
export { type Recorded, recordedExchange } from './recorded-exchange.ts'
