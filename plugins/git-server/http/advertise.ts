/** The refs that a repository has, which every exchange begins with. Source: git's http-protocol.adoc, "Discovering References". */
import { spawnGit } from '../git.ts'
import { encodePacket, flushPacket } from '../protocol/pkt-line.ts'

export type Service = 'git-upload-pack' | 'git-receive-pack'

export const isService = (name: unknown): name is Service => name === 'git-upload-pack' || name === 'git-receive-pack'

export async function advertise(service: Service, dir: string, protocol: string | undefined): Promise<Buffer> {
  const child = spawnGit([service.slice('git-'.length), '--stateless-rpc', '--advertise-refs', dir], protocol ? { protocol } : {})
  const out: Buffer[] = []
  let said = ''
  child.stdout.on('data', chunk => out.push(chunk))
  child.stderr.on('data', chunk => void (said = (said + chunk).slice(-1000)))
  child.stdin.end()
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  if (code !== 0) throw new Error(`git ${service} ended with code ${code}: ${said.trim()}`)
  // Version 2 answers have no service line; git itself leaves it out then.
  const heading =
    protocol?.includes('version=2') && service === 'git-upload-pack' ? [] : [encodePacket(`# service=${service}\n`), flushPacket]
  return Buffer.concat([...heading, ...out])
}
