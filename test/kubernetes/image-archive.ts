/** Writes a small image as a docker archive, which containerd imports: one layer of given files. Nothing is pulled from anywhere. */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '../harness/run-command.ts'

export interface SmallImage {
  /** Such as `slipway.test/busybox:1`. */
  name: string
  /** Path in the image to the file on this machine; the files are made executable. */
  files: Record<string, string>
  /** Path in the image to what it points at. */
  links?: Record<string, string>
  command: string[]
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')

/** The archive's path, in `folder`. */
export async function imageArchive(folder: string, { name, files, links = {}, command }: SmallImage): Promise<string> {
  const work = await mkdtemp(join(folder, 'image-'))
  const root = join(work, 'root')
  for (const [path, source] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await copyFile(source, join(root, path))
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await symlink(target, join(root, path))
  }
  await mkdir(join(root, 'tmp'), { recursive: true, mode: 0o1777 })
  await runCommand('tar', ['-C', root, '--owner=0', '--group=0', '-cf', join(work, 'layer.tar'), '.'])
  const layer = sha256(await readFile(join(work, 'layer.tar')))
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    history: [{ created_by: 'slipway test' }],
  })
  await writeFile(join(work, 'config.json'), config)
  await writeFile(
    join(work, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]),
  )
  const archive = `${work}.tar`
  await runCommand('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar'])
  await rm(work, { recursive: true })
  return archive
}
