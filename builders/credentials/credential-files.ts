/**
 * From secrets to the files that git, ssh and Docker's clients read. Pure: secrets' contents in, files out; what is written where is the
 * caller's. Formats: git-credential-store(1), ssh_config(5), Docker's config.json.
 */
import { BuildFailure } from '../failure/index.ts'
import type { DockerConfig } from '../image/docker-config.ts'
import type { CredentialUse } from './credential-flags.ts'

/** A secret's data: key to text. */
export type SecretData = Readonly<Record<string, string>>

export interface CredentialFile {
  /** Relative to the home folder. */
  path: string
  content: string
  mode: number
}

const need = (use: CredentialUse, data: SecretData, key: string): string => {
  const value = data[key]
  if (value === undefined)
    throw new BuildFailure(
      'InvalidSecret',
      `secret ${use.secret} has no key "${key}", which a ${use.kind.replace('-', ' login for ')} needs; it has ${Object.keys(data).join(', ') || 'none'}`,
    )
  return value.replace(/\r?\n$/, '')
}

function parseUrl(use: CredentialUse & { url: string }, fallback: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(use.url) ? use.url : `${fallback}://${use.url}`
  if (!URL.canParse(text) || !new URL(text).hostname)
    throw new BuildFailure(
      'InvalidSecret',
      `secret ${use.secret} is annotated for ${JSON.stringify(use.url)}, which is not a URL such as https://github.com`,
    )
  return new URL(text)
}

const withLogin = (url: URL, username: string, password: string) => {
  const path = url.pathname === '/' ? '' : url.pathname
  return `${url.protocol}//${encodeURIComponent(username)}:${encodeURIComponent(password)}@${url.host}${path}`
}

/** Hosts of ssh uses: `git@github.com`, `ssh://host:22`, `github.com`. */
function sshHost(use: CredentialUse & { url: string }): { host: string; port?: string; user: string } {
  const scp = /^(?:([\w.-]+)@)?([\w.-]+)(?::.*)?$/.exec(use.url)
  if (scp && !use.url.includes('://')) return { host: scp[2]!, user: scp[1] ?? 'git' }
  const url = parseUrl(use, 'ssh')
  return { host: url.hostname, user: url.username || 'git', ...(url.port && { port: url.port }) }
}

function gitFiles(uses: { use: CredentialUse & { url: string }; data: SecretData }[]): CredentialFile[] {
  if (!uses.length) return []
  const store: string[] = []
  const config = ['[credential]', '\thelper = store']
  for (const { use, data } of uses) {
    const url = parseUrl(use, 'https')
    const username = need(use, data, 'username')
    store.push(withLogin(url, username, need(use, data, 'password')))
    config.push(`[credential "${url.protocol}//${url.host}"]`, `\tusername = ${JSON.stringify(username)}`)
    if (url.pathname !== '/') config.push('\tuseHttpPath = true')
  }
  return [
    { path: '.gitconfig', content: `${config.join('\n')}\n`, mode: 0o644 },
    { path: '.git-credentials', content: `${store.join('\n')}\n`, mode: 0o600 },
  ]
}

function sshFiles(uses: { use: CredentialUse & { url: string }; data: SecretData }[]): CredentialFile[] {
  if (!uses.length) return []
  const files: CredentialFile[] = []
  const config: string[] = []
  const known: string[] = []
  let unverified = false
  for (const { use, data } of uses) {
    const { host, port, user } = sshHost(use)
    const key = `.ssh/id_${use.secret}`
    if (!files.some(f => f.path === key))
      files.push({ path: key, content: `${need(use, data, 'ssh-privatekey').replace(/\r\n/g, '\n')}\n`, mode: 0o600 })
    const hosts = data.known_hosts
    if (hosts !== undefined) known.push(hosts.trim())
    else unverified = true
    config.push(
      `Host ${host}`,
      `  HostName ${host}`,
      ...(port ? [`  Port ${port}`] : []),
      `  User ${user}`,
      `  IdentityFile ~/${key}`,
      '  IdentitiesOnly yes',
    )
    // Without known_hosts Knative Build asked the network for the key, which trusts whoever answers first; so does this, but it says so.
    config.push(hosts !== undefined ? '  StrictHostKeyChecking yes' : '  StrictHostKeyChecking accept-new')
  }
  files.push({ path: '.ssh/config', content: `${config.join('\n')}\n`, mode: 0o600 })
  if (known.length || unverified)
    files.push({ path: '.ssh/known_hosts', content: known.length ? `${known.join('\n')}\n` : '', mode: 0o600 })
  return files
}

function parseConfig(use: CredentialUse, text: string): DockerConfig {
  try {
    return JSON.parse(text) as DockerConfig
  } catch {
    throw new BuildFailure('InvalidSecret', `secret ${use.secret} holds a Docker configuration that is not JSON`)
  }
}

function dockerFiles(uses: { use: CredentialUse; data: SecretData }[]): CredentialFile[] {
  if (!uses.length) return []
  const auths: Record<string, unknown> = {}
  for (const { use, data } of uses) {
    if (use.kind === 'config-docker') Object.assign(auths, parseConfig(use, need(use, data, '.dockerconfigjson')).auths)
    else if (use.kind === 'cfg-docker') Object.assign(auths, parseConfig(use, need(use, data, '.dockercfg')))
    else if ('url' in use) {
      const [username, password] = [need(use, data, 'username'), need(use, data, 'password')]
      const hub = /(^|\/\/|\.)docker\.io(\/|$)/.test(use.url)
      const key = hub ? 'https://index.docker.io/v1/' : use.url.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
      auths[key] = { auth: Buffer.from(`${username}:${password}`).toString('base64') }
    }
  }
  return [{ path: '.docker/config.json', content: `${JSON.stringify({ auths }, null, 2)}\n`, mode: 0o600 }]
}

/**
 * The files for a set of uses, in order: where two are for the same address, the first is found first.
 * @param secrets a secret's name to its data
 * @throws BuildFailure InvalidSecret, naming the secret and the key
 */
export function credentialFiles(uses: readonly CredentialUse[], secrets: Readonly<Record<string, SecretData>>): CredentialFile[] {
  const having = uses.map(use => {
    const data = secrets[use.secret]
    if (!data)
      throw new BuildFailure('InvalidSecret', `secret ${use.secret} is not mounted; does it exist in the build's namespace?`)
    return { use, data }
  })
  const of = (kind: CredentialUse['kind']) =>
    having.filter(h => h.use.kind === kind) as { use: CredentialUse & { url: string }; data: SecretData }[]
  return [
    ...gitFiles(of('basic-git')),
    ...sshFiles(of('ssh-git')),
    ...dockerFiles(having.filter(h => h.use.kind.endsWith('docker'))),
  ]
}
