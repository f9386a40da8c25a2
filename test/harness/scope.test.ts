import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { openScope, withScope } from './scope.ts'

describe('scope', () => {
  it('cleans up in reverse order, once', async () => {
    const scope = openScope()
    const seen: number[] = []
    scope.defer(() => seen.push(1))
    scope.defer(async () => seen.push(2))
    await Promise.all([scope.close(), scope.close()])
    await scope.close()
    expect(seen).to.deep.equal([2, 1])
  })

  it('goes on after a clean-up that fails, and tells of it', async () => {
    const scope = openScope()
    let cleaned = false
    scope.defer(() => {
      cleaned = true
    })
    scope.defer(() => {
      throw new Error('stuck')
    })
    const error = await scope.close().then(
      () => undefined,
      (e: Error) => e,
    )
    expect(error?.message).to.include('stuck')
    expect(cleaned).to.equal(true)
  })

  it('removes its folders when the work fails', async () => {
    let folder = ''
    const failed = await withScope(async scope => {
      folder = await scope.folder()
      expect(existsSync(folder)).to.equal(true)
      throw new Error('work')
    }).catch((e: Error) => e.message)
    expect(failed).to.equal('work')
    expect(existsSync(folder)).to.equal(false)
  })

  it('aborts its signal', async () => {
    const scope = openScope()
    await scope.close()
    expect(scope.signal.aborted).to.equal(true)
  })
})
