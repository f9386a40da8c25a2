/**
 * The server's certificates: an authority made once and kept, and a server certificate that is renewed before it expires.
 * The library that makes them is only loaded when something has to be made.
 */
import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'

export interface ServerCertificate {
  /** PEM of the authority, for the kubeconfig. */
  ca: string
  cert: string
  key: string
}

const day = 86_400_000
/** A certificate with less time left is made anew. */
const renewBefore = 30 * day

const readIfThere = async (file: string) => (existsSync(file) ? readFile(file, 'utf8') : undefined)

async function writePrivately(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

const expiresSoon = (pem: string, now: number) => Date.parse(new X509Certificate(pem).validTo) - now < renewBefore

/** Does the certificate name all of these hosts and addresses? */
const covers = (pem: string, hosts: readonly string[]) => {
  const certificate = new X509Certificate(pem)
  return hosts.every(host => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)))
}

/**
 * @param dir where `ca.crt`, `ca.key`, `server.crt` and `server.key` are kept, mode 0600
 * @param hosts names and addresses that clients connect to
 */
export async function serverCertificate(dir: string, hosts: readonly string[], now: number): Promise<ServerCertificate> {
  const file = (name: string) => join(dir, name)
  const [ca, cert, key] = await Promise.all(['ca.crt', 'server.crt', 'server.key'].map(name => readIfThere(file(name))))
  if (ca && cert && key && !expiresSoon(ca, now) && !expiresSoon(cert, now) && covers(cert, hosts)) return { ca, cert, key }
  const { makeAuthority, makeServerCertificate } = await import('./make-certificates.ts')
  const caKey = await readIfThere(file('ca.key'))
  const authority = ca && caKey && !expiresSoon(ca, now) ? { cert: ca, key: caKey } : await makeAuthority(now)
  const server = await makeServerCertificate(authority, hosts, now)
  await writePrivately(file('ca.key'), authority.key)
  await writePrivately(file('ca.crt'), authority.cert)
  await writePrivately(file('server.key'), server.key)
  await writePrivately(file('server.crt'), server.cert)
  return { ca: authority.cert, ...server }
}
