/** The images that are made on this machine, as lists of layers. Layers that several have are stored, sent and unpacked once. */
import type { ContainerConfig } from '../image/manifest.ts'
import type { ImageFile } from './image-file.ts'
import type { BaseImageName } from './image-name.ts'
import { buildahFiles, gitFiles, nodeFiles, npmFiles } from './program-files.ts'
import { stepCode } from './step-code.ts'
import { nonRoot, systemFiles } from './system-files.ts'

export interface LayerRecipe {
  name: string
  files: ImageFile[]
}
export interface ImageRecipe {
  layers: LayerRecipe[]
  config: ContainerConfig
}
export interface Recipes {
  /** Absent where this machine lacks what the image is for. */
  images: Partial<Record<BaseImageName, ImageRecipe>>
  /** What could not be put in, for people. */
  missing: string[]
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const certificates = 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'
const application: ContainerConfig = {
  User: `${nonRoot}:${nonRoot}`,
  Env: [path, certificates, 'HOME=/home/nonroot'],
  WorkingDir: '/app',
}
// Steps write to volumes that pods own as root.
const step: ContainerConfig = { User: '0:0', Env: [path, certificates, 'HOME=/root'], WorkingDir: '/workspace' }

export async function recipes(which: readonly BaseImageName[]): Promise<Recipes> {
  const system = await systemFiles()
  const missing = [...system.missing]
  const images: Recipes['images'] = {}
  const node = await nodeFiles()
  const base: LayerRecipe = { name: 'system', files: [...system.files, ...node.libraries] }
  const runtime: LayerRecipe = { name: 'node', files: node.binary }
  if (which.includes('base-static'))
    images['base-static'] = { layers: [{ name: 'system', files: system.files }], config: application }
  if (which.includes('base-node')) images['base-node'] = { layers: [base, runtime], config: { ...application, Cmd: ['node'] } }
  if (!which.includes('builder') && !which.includes('buildah')) return { images, missing }

  const [git, npm, code] = await Promise.all([gitFiles(), npmFiles(), stepCode()])
  if (!git) missing.push('git (builds cannot fetch from git)')
  if (!npm) missing.push('npm (builds cannot install dependencies)')
  const steps: LayerRecipe = { name: 'steps', files: [...code, { path: 'workspace', directory: true }] }
  const tools: LayerRecipe = { name: 'tools', files: [...(git ?? []), ...(npm ?? [])] }
  if (which.includes('builder')) images.builder = { layers: [base, runtime, tools, steps], config: { ...step, Cmd: ['node'] } }
  const buildah = which.includes('buildah') ? await buildahFiles() : undefined
  if (buildah)
    images.buildah = {
      layers: [base, runtime, { name: 'buildah', files: buildah }, steps],
      config: { ...step, Cmd: ['buildah'] },
    }
  else if (which.includes('buildah')) missing.push('buildah (Dockerfiles cannot be built)')
  return { images, missing }
}
