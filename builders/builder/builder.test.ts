import { expect } from 'chai'
import { type Builder, type BuildSource, firstOf, limited, shared, slots } from './builder.ts'

const source = (folder: string): BuildSource => ({ folder, image: 'r/x' })
const digest = `sha256:${'a'.repeat(64)}` as const

/** A builder whose builds end when they are told to. */
function manual(name: string, refusal?: string) {
  const running: { folder: string; end(): void }[] = []
  let most = 0
  let begun = 0
  const builder: Builder = {
    name,
    refuses: async () => refusal,
    build: ({ folder, image }) =>
      new Promise(resolve => {
        begun++
        const entry = {
          folder,
          end() {
            running.splice(running.indexOf(entry), 1)
            resolve({ image: `${image}/${name}`, digest })
          },
        }
        running.push(entry)
        most = Math.max(most, running.length)
      }),
  }
  return { builder, running, most: () => most, begun: () => begun }
}
const settle = () => new Promise(resolve => setImmediate(resolve))

describe('builders', () => {
  it('limited: so many at once, the rest in order, also after a failure', async () => {
    const inner = manual('m')
    const failing: Builder = {
      ...inner.builder,
      build: s => (s.folder === 'bad' ? Promise.reject(new Error('bad')) : inner.builder.build(s)),
    }
    const builder = limited(failing, slots(2))
    const order: string[] = []
    const builds = ['a', 'bad', 'b', 'c', 'd'].map(folder =>
      builder.build(source(folder)).then(
        () => order.push(folder),
        () => order.push(`${folder} failed`),
      ),
    )
    await settle()
    while (inner.running.length) {
      inner.running[0]!.end()
      await settle()
    }
    await Promise.all(builds)
    expect(inner.most()).to.equal(2)
    expect(order).to.deep.equal(['bad failed', 'a', 'b', 'c', 'd'])
  })

  it('shared: the same build at the same time is one', async () => {
    const inner = manual('m')
    const builder = shared(inner.builder)
    const both = [builder.build(source('a')), builder.build(source('a')), builder.build(source('b'))]
    await settle()
    expect(inner.begun()).to.equal(2)
    for (const each of [...inner.running]) each.end()
    await Promise.all(both)
    const later = builder.build(source('a'))
    expect(inner.begun()).to.equal(3)
    inner.running[0]!.end()
    await later
  })

  it('firstOf: the first that does not refuse, or all the reasons', async () => {
    const [no, yes] = [manual('no', 'because'), manual('yes')]
    const build = firstOf([no.builder, yes.builder]).build(source('a'))
    await settle()
    yes.running[0]!.end()
    expect((await build).image).to.equal('r/x/yes')
    const none = firstOf([no.builder])
    expect(await none.refuses(source('a'))).to.equal('no: because')
    expect((await none.build(source('a')).catch(e => e)).message).to.match(/no builder takes a: no: because/)
  })
})
