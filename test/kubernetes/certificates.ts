/**
 * The certificates of a test cluster: one authority, and what it signs, made by the openssl program; keys never leave the cluster's folder.
 * Groups and names are those that Kubernetes gives meaning to: `system:masters`, `system:node:NAME` and so on.
 */
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../harness/run-command.ts'

/** Paths of PEM files. */
export interface CertificateFiles {
  cert: string
  key: string
}

export interface Subject {
  /** The user's name to the API server. */
  commonName: string
  /** The user's group. */
  organization?: string
  /** Subject alternative names, as openssl writes them: `DNS:localhost`, `IP:127.0.0.1`. Present on servers. */
  names?: string[]
}

export interface Authority {
  readonly caFile: string
  /** PEM. */
  readonly ca: string
  issue(name: string, subject: Subject): Promise<CertificateFiles>
}

const days = '2'
const subjectText = ({ commonName, organization }: Subject) => `${organization ? `/O=${organization}` : ''}/CN=${commonName}`

async function writeKey(file: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(file, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
}

/** The pair of files with which service account tokens are signed and checked. */
export async function serviceAccountKey(folder: string): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const files = { privateKey: join(folder, 'service-account.key'), publicKey: join(folder, 'service-account.pub') }
  await writeFile(files.privateKey, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  await writeFile(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }))
  return files
}

export async function createAuthority(folder: string): Promise<Authority> {
  const caFile = join(folder, 'ca.crt')
  const caKey = join(folder, 'ca.key')
  await writeKey(caKey)
  await runCommand('openssl', ['req', '-x509', '-new', '-key', caKey, '-subj', '/CN=slipway-test', '-days', days, '-out', caFile])
  return {
    caFile,
    ca: await readFile(caFile, 'utf8'),
    async issue(name, subject) {
      const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
      const request = join(folder, `${name}.csr`)
      const extensions = join(folder, `${name}.ext`)
      await writeKey(files.key)
      const usage = subject.names ? 'serverAuth,clientAuth' : 'clientAuth'
      const lines = [
        'keyUsage=digitalSignature',
        `extendedKeyUsage=${usage}`,
        ...(subject.names ? [`subjectAltName=${subject.names.join(',')}`] : []),
      ]
      await writeFile(extensions, `${lines.join('\n')}\n`)
      await runCommand('openssl', ['req', '-new', '-key', files.key, '-subj', subjectText(subject), '-out', request])
      await runCommand('openssl', [
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        caFile,
        '-CAkey',
        caKey,
        '-CAcreateserial',
        '-CAserial',
        join(folder, `${name}.srl`),
        '-days',
        days,
        '-extfile',
        extensions,
        '-out',
        files.cert,
      ])
      return files
    },
  }
}
