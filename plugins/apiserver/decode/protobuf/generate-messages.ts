/**
 * Writes `messages.json`: how Kubernetes' own types lie in protobuf, from the Go modules k8s.io/api and k8s.io/apimachinery.
 * Field types come from their `generated.proto`, JSON names and inlining from the tags in `types.go`.
 *
 * Usage: node generate-messages.ts MODULE_FOLDER…
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MessageTable } from './messages.ts'

const scalars: Record<string, string> = {
  string: 's',
  bytes: 'x',
  bool: 'b',
  int32: 'i',
  int64: 'i',
  uint32: 'i',
  uint64: 'i',
  double: 'd',
}
/** Versions and groups that are not served are left out. */
const leftOut = /alpha|beta|testapigroup|apidiscovery|\/admission\/|resource\/v1\/|flowcontrol|imagepolicy/

interface Tags {
  /** By struct, then by number: the JSON name, or undefined where the field is inlined. */
  [struct: string]: Record<string, string | undefined>
}

const goField = /`json:"([^",]*)[^`]*?protobuf:"\w+,(\d+),/

function goTags(source: string): Tags {
  const tags: Tags = {}
  for (const [, name, body] of source.matchAll(/^type (\w+) struct \{$([\s\S]*?)^\}$/gm)) {
    tags[name!] = {}
    for (const line of body!.split('\n')) {
      const found = goField.exec(line)
      if (found) tags[name!]![found[2]!] = found[1] || undefined
    }
  }
  return tags
}

/** `k8s.io.api.core.v1` and a name used in it to the full name. */
const fullName = (pkg: string, name: string) => (name.startsWith('.') ? name.slice(1) : `${pkg}.${name}`)

function messagesOf(proto: string, tags: Tags): MessageTable {
  const pkg = /^package ([\w.]+);/m.exec(proto)![1]!
  const table: MessageTable = {}
  for (const [, name, body] of proto.matchAll(/^message (\w+) \{$([\s\S]*?)^\}$/gm)) {
    const fields: MessageTable[string] = {}
    for (const line of body!.split('\n')) {
      const map = /^ {2}map<string, ([\w.]+)> (\w+) = (\d+);/.exec(line)
      const plain = /^ {2}(optional|repeated) ([\w.]+) (\w+) = (\d+)/.exec(line)
      if (!map && !plain) continue
      const [type, field, number] = map ? [map[1]!, map[2]!, map[3]!] : [plain![2]!, plain![3]!, plain![4]!]
      const kind = scalars[type] ?? fullName(pkg, type)
      const prefix = map ? '%' : plain![1] === 'repeated' ? '*' : ''
      const known = tags[name!]
      // Types that are lists in Go have one field, items, that stands for the whole.
      const json = known ? (number in known ? (known[number] ?? '') : field) : field === 'items' ? '' : field
      fields[number] = [json, prefix + kind]
    }
    table[`${pkg}.${name}`] = fields
  }
  return table
}

async function generate(modules: string[]): Promise<void> {
  const all: MessageTable = {}
  for (const module of modules)
    for (const path of await readdir(module, { recursive: true })) {
      if (!path.endsWith('generated.proto') || leftOut.test(path)) continue
      const folder = join(module, dirname(path))
      const sources = (await readdir(folder)).filter(file => file.endsWith('.go') && !/_test|zz_|generated/.test(file))
      const tags: Tags = {}
      for (const file of sources) Object.assign(tags, goTags(await readFile(join(folder, file), 'utf8')))
      Object.assign(all, messagesOf(await readFile(join(module, path), 'utf8'), tags))
    }
  const lines = Object.keys(all)
    .filter(name => !name.endsWith('List'))
    .sort()
    .map(name => `${JSON.stringify(name)}:${JSON.stringify(all[name])}`)
  await writeFile(new URL('./messages.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`)
}

await generate(process.argv.slice(2))
