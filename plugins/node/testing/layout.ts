/** Small images for tests, made of programs of this machine, as OCI layouts: busybox, and Node with the libraries it needs. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { imageManifest, mediaType, sha256, stored } from '@slipway/builders/image'
import { pack } from 'tar-stream'

export type Entry = { name: string; mode?: number; uid?: number } & (
  | { content: Buffer | string }
  | { link: string }
  | { hard: string }
  | { folder: true }
)

export async function tarOf(entries: Entry[]): Promise<Buffer> {
  const tar = pack()
  const chunks: Buffer[] = []
  tar.on('data', chunk => void chunks.push(chunk as Buffer))
  for (const entry of entries) {
    const base = { name: entry.name, uid: entry.uid ?? 0, gid: entry.uid ?? 0, mtime: new Date(0) }
    if ('content' in entry) tar.entry({ ...base, mode: entry.mode ?? 0o644 }, entry.content as Buffer)
    else if ('link' in entry) tar.entry({ ...base, type: 'symlink', linkname: entry.link })
    else if ('hard' in entry) tar.entry({ ...base, type: 'link', linkname: entry.hard })
    else tar.entry({ ...base, type: 'directory', mode: entry.mode ?? 0o755 })
  }
  tar.finalize()
  await new Promise<void>(resolve => tar.on('end', () => resolve()))
  return Buffer.concat(chunks)
}

export interface TestImage {
  name: string
  layers: Buffer[]
  config: object
}

/** Writes the images as one OCI layout. */
export function writeLayout(dir: string, images: TestImage[]): void {
  mkdirSync(join(dir, 'blobs', 'sha256'), { recursive: true })
  const put = (bytes: Buffer, type: string) => {
    const digest = sha256(bytes)
    writeFileSync(join(dir, 'blobs', 'sha256', digest.slice(7)), bytes)
    return { mediaType: type, digest, size: bytes.length }
  }
  const manifests = images.map(({ name, layers, config }) => {
    const descriptors = layers.map(bytes => put(bytes, mediaType.layer))
    const image = stored(
      { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: descriptors.map(d => d.digest) } },
      mediaType.config,
    )
    put(image.bytes, mediaType.config)
    const manifest = imageManifest(image.descriptor, descriptors)
    put(manifest.bytes, mediaType.manifest)
    return { ...manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': name } }
  })
  writeFileSync(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: mediaType.index, manifests }))
}

const applets = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'ls',
  'id',
  'env',
  'true',
  'false',
  'grep',
  'mkdir',
  'touch',
  'head',
  'tail',
  'nc',
  'wget',
  'kill',
  'stty',
  'dd',
  'hostname',
  'rm',
  'stat',
  'mount',
  'test',
  'trap',
  'httpd',
  'date',
  'ip',
]

/** busybox with the applets that tests use. */
export const busyboxLayer = (): Promise<Buffer> =>
  tarOf([
    ...['bin', 'etc', 'tmp', 'proc', 'dev', 'sys'].map(name => ({
      name,
      folder: true as const,
      mode: name === 'tmp' ? 0o1777 : 0o755,
    })),
    { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...applets.map(applet => ({ name: `bin/${applet}`, link: 'busybox' })),
    { name: 'etc/passwd', content: 'root:x:0:0:root:/:/bin/sh\napp:x:1234:1234:app:/:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\napp:x:1234:\nextra:x:4321:app\n' },
  ])

/** The running Node and its libraries. */
export function nodeLayer(): Promise<Buffer> {
  const node = process.execPath
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  return tarOf([
    { name: 'bin/node', content: readFileSync(node), mode: 0o755 },
    ...[...new Set(libraries)].map(path => ({ name: path.slice(1), content: readFileSync(path), mode: 0o755 })),
  ])
}

export const hasBusybox = (): boolean => {
  try {
    return statSync('/bin/busybox').isFile()
  } catch {
    return false
  }
}
