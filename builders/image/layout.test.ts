import { execFileSync } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import { baseLayout } from '../testing/base-layout.ts'
import { removeFolder, temporaryFolder } from '../testing/temporary.ts'
import { sha256 } from './digest.ts'
import { readBody } from './http.ts'
import { openLayout } from './layout.ts'
import { packLayout, unpackLayout } from './layout-archive.ts'
import { mediaType } from './media-type.ts'
import { copyImage, fromLayout, toLayout } from './transfer.ts'

describe('image layout', () => {
  let root: string
  beforeEach(async () => {
    root = await temporaryFolder('layout')
  })
  afterEach(() => removeFolder(root))
  const folder = (name: string) => join(root, name)

  it('keeps images by name, copies them, and says what it has', async () => {
    const source = await baseLayout(folder('a'), ['linux/amd64', 'linux/arm64'])
    const out = await openLayout(folder('b'), { create: true })
    const { digest } = await copyImage(source, toLayout(out, 'v1'))
    await copyImage(await baseLayout(folder('c')), toLayout(out, 'v2'))
    expect((await out.find('v1')).digest).to.equal(digest)
    const error = await out.find('v3').catch(e => e)
    expect(error).to.include({ reason: 'ImageNotInLayout' })
    expect(error.message).to.match(/has no v3; it has v1, v2/)
  })

  it('is not made by looking, and refuses an unknown version', async () => {
    expect(await openLayout(folder('none')).catch(e => e)).to.include({ reason: 'LayoutMissing' })
    await openLayout(folder('a'), { create: true })
    await writeFile(join(folder('a'), 'oci-layout'), '{"imageLayoutVersion":"9"}')
    expect(await openLayout(folder('a')).catch(e => e)).to.include({ reason: 'InvalidLayout' })
  })

  it('refuses a blob whose content is another, on the way in and out', async () => {
    const layout = await openLayout(folder('a'), { create: true })
    const descriptor = { mediaType: mediaType.layer, digest: sha256('right'), size: 5 }
    const wrong = async function* () {
      yield Buffer.from('wrong')
    }
    expect(await layout.putBlob(descriptor, wrong).catch(e => e)).to.include({ reason: 'DigestMismatch' })
    expect(await layout.has(descriptor.digest)).to.equal(false)
    await layout.putBlob(descriptor, async function* () {
      yield Buffer.from('right')
    })
    await writeFile(layout.path(descriptor.digest), 'wrong')
    const read = readBody(await layout.blob(descriptor), 100, 'blob')
    expect(await read.catch(e => e)).to.include({ reason: 'DigestMismatch' })
  })

  it('goes into one tar and comes out of it, and skopeo reads it', async () => {
    await baseLayout(folder('a'))
    const layout = await openLayout(folder('a'))
    await pipeline(packLayout(layout), createWriteStream(folder('a.tar')))
    const again = await unpackLayout(createReadStream(folder('a.tar')), folder('b'))
    expect(await again.find()).to.deep.equal(await layout.find())
    await pipeline(packLayout(again), createWriteStream(folder('b.tar')))
    expect((await readFile(folder('a.tar'))).equals(await readFile(folder('b.tar')))).to.equal(true)
    try {
      execFileSync('skopeo', ['--version'], { stdio: 'ignore' })
    } catch {
      console.log('      skipped the last part: skopeo is not installed')
      return
    }
    const seen = execFileSync('skopeo', ['inspect', '--raw', `oci-archive:${folder('a.tar')}`], { encoding: 'utf8' })
    expect(sha256(seen)).to.equal((await fromLayout(layout).manifest()).descriptor.digest)
  })
})
