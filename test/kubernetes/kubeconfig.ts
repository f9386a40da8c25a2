/** Writes a kubeconfig for one user of a test cluster. JSON is YAML, so every client reads it. */
import { writeFile } from 'node:fs/promises'
import type { CertificateFiles } from './certificates.ts'

export async function writeKubeconfig(file: string, url: string, caFile: string, user: CertificateFiles): Promise<string> {
  const named = { name: 'test' }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ ...named, cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ ...named, user: { 'client-certificate': user.cert, 'client-key': user.key } }],
    contexts: [{ ...named, context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 })
  return file
}
