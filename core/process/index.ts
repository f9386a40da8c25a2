export { lockHolder, startTimeOf, takeLock } from './lock.ts'
export { mainModule } from './main-module.ts'
