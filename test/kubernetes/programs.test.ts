import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { withScope } from '../harness/scope.ts'
import { cacheFolder } from './cache-folder.ts'
import { findPrograms } from './programs.ts'
import { etcd, kubernetesVersion } from './versions.ts'

async function program(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, etcd.name)
  await writeFile(file, '')
  await chmod(file, 0o755)
  return file
}

describe('findPrograms', () => {
  it('prefers KUBEBUILDER_ASSETS', () =>
    withScope(async scope => {
      const folder = await scope.folder()
      const own = await program(join(folder, 'assets'))
      const env = { KUBEBUILDER_ASSETS: join(folder, 'assets'), XDG_CACHE_HOME: folder }
      await program(cacheFolder(env))
      expect((await findPrograms([etcd], { env })).get('etcd')).to.equal(own)
    }))
  it('takes what the cache has', () =>
    withScope(async scope => {
      const env = { XDG_CACHE_HOME: await scope.folder() }
      const cached = await program(cacheFolder(env))
      expect((await findPrograms([etcd], { env })).get('etcd')).to.equal(cached)
    }))
  it('keeps a folder for each version', () =>
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).to.equal(`/c/slipway/kubernetes/v${kubernetesVersion}`))
})
