/** What buildah is told. Pure. It runs as root without a daemon: storage by plain copies (vfs), RUN in a chroot, so that it works inside of containers and on hosts without overlay or user namespaces. */
import { isLocalName } from '../image/local-name.ts'
import { formatReference, type Reference } from '../image/reference.ts'

export interface DockerfileBuild {
  /** The build context. */
  context: string
  /** Relative to the context; default Dockerfile. */
  dockerfile?: string
  image: Reference
  /** Values of ARG. */
  arguments?: Readonly<Record<string, string>>
  labels?: Readonly<Record<string, string>>
  /** The stage to stop at. */
  target?: string
  /** `linux/arm64`; default this machine's. */
  platform?: string
  /** Where images and layers are kept between builds. */
  storage: string
  runRoot: string
  /** Hosts that speak plain HTTP, besides this machine's names. */
  insecure?: readonly string[]
  /** Seconds since the epoch for the image and its files, so that equal builds give equal images. */
  timestamp?: number
  noCache?: boolean
}

/** Always the same driver, in buildah's global flags. */
export const storageArguments = ({ storage, runRoot }: Pick<DockerfileBuild, 'storage' | 'runRoot'>): string[] => [
  '--storage-driver=vfs',
  `--root=${storage}`,
  `--runroot=${runRoot}`,
]

export const speaksPlainHttp = (registry: string, insecure: readonly string[] = []): boolean =>
  isLocalName(registry) || insecure.includes(registry)

export function budArguments(build: DockerfileBuild): string[] {
  const { context, dockerfile = 'Dockerfile', image, labels = {}, target, platform, timestamp, noCache } = build
  return [
    ...storageArguments(build),
    'bud',
    '--isolation=chroot',
    '--format=oci',
    ...(noCache ? ['--no-cache'] : ['--layers']),
    ...Object.entries(build.arguments ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
    ...(target ? [`--target=${target}`] : []),
    ...(platform ? [`--platform=${platform}`] : []),
    ...(timestamp !== undefined ? [`--timestamp=${timestamp}`] : []),
    `--file=${dockerfile}`,
    `--tag=${formatReference(image)}`,
    context,
  ]
}

/**
 * A registries.conf (containers-registries.conf(5)) for what the Dockerfile builds on: which registries speak plain HTTP, and where those
 * are found whose name does not resolve.
 * @param locations a registry's name to the one that reaches it
 */
export function registriesConf(
  registries: readonly string[],
  insecure: readonly string[] = [],
  locations: Readonly<Record<string, string>> = {},
): string {
  const lines = ['unqualified-search-registries = ["docker.io"]', 'short-name-mode = "permissive"']
  for (const registry of registries) {
    if (!speaksPlainHttp(registry, insecure)) continue
    lines.push(
      '[[registry]]',
      `prefix = ${JSON.stringify(registry)}`,
      `location = ${JSON.stringify(locations[registry] ?? registry)}`,
      'insecure = true',
    )
  }
  return `${lines.join('\n')}\n`
}

/**
 * @param digestFile buildah writes the pushed manifest's digest to it
 * @param at where to push to, if another name reaches the same registry
 */
export const pushArguments = (build: DockerfileBuild, digestFile: string, at: Reference): string[] => [
  ...storageArguments(build),
  'push',
  `--digestfile=${digestFile}`,
  // A registry in the clear is near: compressing costs more than sending, and would hide that it has the base's layers already.
  ...(speaksPlainHttp(build.image.registry, build.insecure) ? ['--tls-verify=false', '--disable-compression'] : []),
  formatReference(build.image),
  `docker://${formatReference(at)}`,
]

/** Registries that a Dockerfile builds on, by its FROM lines; stages of its own and `scratch` are none. Variables are filled in from ARG lines before the first FROM. */
export function registriesOf(dockerfile: string, args: Readonly<Record<string, string>> = {}): string[] {
  const values: Record<string, string> = {}
  const stages = new Set<string>()
  const found = new Set<string>()
  const lines = dockerfile.replace(/\\[ \t]*\r?\n/g, ' ').split('\n')
  let before = true
  for (const line of lines) {
    const arg = before && /^\s*ARG\s+([A-Za-z_]\w*)(?:=(\S*))?/i.exec(line)
    if (arg) values[arg[1]!] = args[arg[1]!] ?? (arg[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line)
    if (!from) continue
    before = false
    const image = from[1]!.replace(
      /\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)/g,
      (_, braced, fallback, bare) => values[braced ?? bare] || fallback || '',
    )
    if (from[2]) stages.add(from[2].toLowerCase())
    if (image === 'scratch' || stages.has(image.toLowerCase())) continue
    const first = image.split('/')[0]!
    found.add(image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io')
  }
  return [...found]
}
