export { type ListenAddressesOptions, type Listening, listenAddresses } from './listen-addresses.ts'
export { lockHolder, startTimeOf, takeLock } from './lock.ts'
export { mainModule } from './main-module.ts'
export { socketPath } from './socket-path.ts'
