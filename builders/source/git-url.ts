/** Addresses of git repositories that may be fetched from: only protocols that cannot run a program or read this machine's files. */
import { BuildFailure } from '../failure/index.ts'

export interface GitUrl {
  /** As git is given it. */
  readonly text: string
  /** For messages, labels and stored configuration: without user name and password. */
  readonly shown: string
  readonly protocol: 'http' | 'https' | 'ssh' | 'git'
  readonly host: string
  readonly port?: number
}

const protocols = ['http', 'https', 'ssh', 'git'] as const
const isProtocol = (text: string): text is GitUrl['protocol'] => (protocols as readonly string[]).includes(text)
const refused = (text: string, problem: string) =>
  new BuildFailure(
    'InvalidGitUrl',
    `git URL ${JSON.stringify(text)} is refused: ${problem}; use https://, http://, ssh:// or git://, or user@host:path`,
  )

/**
 * Checks a URL, also in scp's form `git@host:path`.
 * @throws BuildFailure InvalidGitUrl
 */
export function parseGitUrl(text: string): GitUrl {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x20\x7f]/.test(text)) throw refused(text.replace(/\/\/[^@/]*@/, '//***@'), 'it has spaces or control characters')
  if (text.startsWith('-')) throw refused(text, 'it begins like an option')
  const transport = /^([A-Za-z][\w+.-]*)::/.exec(text)
  if (transport) throw refused(text, `the transport "${transport[1]}::" could run any program`)
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    const scp = /^(?:([A-Za-z0-9_.][\w.-]*)@)?([A-Za-z0-9][\w.-]*):([^:].*)$/.exec(text)
    if (!scp || scp[3]!.startsWith('-')) throw refused(text, 'it is a path on this machine or has no protocol')
    return { text, shown: text, protocol: 'ssh', host: scp[2]! }
  }
  if (!isProtocol(scheme)) throw refused(text, `the protocol "${scheme}" is not allowed`)
  if (!URL.canParse(text)) throw refused(text.replace(/\/\/[^@/]*@/, '//***@'), 'it is malformed')
  const url = new URL(text)
  const host = url.hostname
  // CVE-2017-1000117: a host or user that begins with "-" reached ssh as an option.
  if (!host || host.startsWith('-') || decodeURIComponent(url.username).startsWith('-'))
    throw refused(text, 'it has no usable host name')
  const shown = new URL(text)
  shown.password = ''
  if (scheme !== 'ssh') shown.username = ''
  return { text, shown: shown.href, protocol: scheme, host, ...(url.port && { port: Number(url.port) }) }
}
