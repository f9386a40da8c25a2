import { expect } from 'chai'
import { fakeClock } from '../testing/fake-clock.ts'
import { workQueue } from './work-queue.ts'

const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}

describe('workQueue', () => {
  it('works once on a key that was added many times', async () => {
    const seen: string[] = []
    const queue = workQueue({ work: async key => void seen.push(key), clock: fakeClock() })
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
    await settle()
    expect(seen).to.deep.equal(['a', 'b'])
  })

  it('never works on one key twice at once, and comes back to it', async () => {
    let release = () => {}
    let most = 0
    let now = 0
    let calls = 0
    const queue = workQueue({
      clock: fakeClock(),
      work: async () => {
        calls++
        most = Math.max(most, ++now)
        await new Promise<void>(resolve => {
          release = resolve
        })
        now--
      },
    })
    queue.add('a')
    await settle()
    queue.add('a')
    await settle()
    expect(calls).to.equal(1)
    release()
    await settle()
    expect({ calls, most }).to.deep.equal({ calls: 2, most: 1 })
    release()
    await queue.close()
  })

  it('keeps to its concurrency', async () => {
    let now = 0
    let most = 0
    const queue = workQueue({
      concurrency: 2,
      clock: fakeClock(),
      work: async () => {
        most = Math.max(most, ++now)
        await settle()
        now--
      },
    })
    for (const key of 'abcdef') queue.add(key)
    await settle()
    await queue.close()
    expect(most).to.equal(2)
  })

  const delays = [5, 10, 20, 40]
  it(`backs off by ${delays.join(', ')} ms, and starts anew after forget`, async () => {
    const queue = workQueue({ work: async () => {}, clock: fakeClock() })
    expect(delays.map(() => queue.addRateLimited('a'))).to.deep.equal(delays)
    queue.forget('a')
    expect(queue.addRateLimited('a')).to.equal(5)
    await queue.close()
  })

  it('lets the earliest of several times count', async () => {
    const clock = fakeClock()
    const seen: number[] = []
    const queue = workQueue({ work: async () => void seen.push(clock.now()), clock })
    const start = clock.now()
    queue.addAfter('a', 100)
    queue.addAfter('a', 20)
    queue.addAfter('a', 50)
    await clock.advance(200)
    await settle()
    expect(seen.map(at => at - start > 0)).to.deep.equal([true])
    await queue.close()
  })
})
