export { type FakeApi, fakeApi, type RecordedWrite } from './fake-api.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export { rawAnswer } from './raw-answer.ts'
export { missingRedis, startTestRedis, type TestRedis } from './redis-server.ts'
