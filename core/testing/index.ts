export { type FakeApi, fakeApi, type RecordedWrite } from './fake-api.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export { missingRedis, startTestRedis, type TestRedis } from './redis-server.ts'
