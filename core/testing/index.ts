export { type FakeApi, fakeApi, type RecordedWrite } from './fake-api.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
