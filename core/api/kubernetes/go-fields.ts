/**
 * Reads, from the Go source of Kubernetes' types, what an OpenAPI document does not tell: which fields vanish when they are empty
 * (`omitempty` on a plain value) and which are always written (structs, and fields without `omitempty`). `definition.ts` needs it to
 * answer with exactly the fields that a Go server would answer with. Used by `generate.ts` only.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface GoField {
  name: string
  /** Go's type as written, such as `*int32`, `[]Container`, `v1.ObjectMeta`. */
  type: string
  omitEmpty: boolean
  omitZero: boolean
}
export interface GoStruct {
  fields: GoField[]
  /** Types whose fields count as this struct's own. */
  inline: string[]
}

const struct = /^type (\w+) struct \{$([\s\S]*?)^\}$/gm
const field = /^\t(\w+(?:\s+))?([\w.*[\]]+)\s+`json:"([^"]*)"/gm

/** Structs by `package.Name`, the package being the last part of its folder's path, as in OpenAPI names: `v1.Pod` in `core`. */
export function goStructs(source: string): Map<string, GoStruct> {
  const found = new Map<string, GoStruct>()
  for (const [, name, body] of source.matchAll(struct)) {
    const fields: GoField[] = []
    const inline: string[] = []
    for (const [, , type, tag] of body!.matchAll(field)) {
      const [json, ...options] = tag!.split(',')
      if (options.includes('inline')) inline.push(type!)
      else if (json && json !== '-')
        fields.push({ name: json, type: type!, omitEmpty: options.includes('omitempty'), omitZero: options.includes('omitzero') })
    }
    found.set(name!, { fields, inline })
  }
  return found
}

/** Every struct of every `types*.go` below a module's folder, by the folder's path within it. */
export async function goPackages(module: string): Promise<Map<string, Map<string, GoStruct>>> {
  const packages = new Map<string, Map<string, GoStruct>>()
  for (const path of await readdir(module, { recursive: true })) {
    const parts = /^(.*)\/(?:types[^/]*|micro_time|time|duration)\.go$/.exec(path)
    if (!parts || path.includes('testdata')) continue
    const into = packages.get(parts[1]!) ?? new Map<string, GoStruct>()
    for (const [name, value] of goStructs(await readFile(join(module, path), 'utf8'))) into.set(name, value)
    packages.set(parts[1]!, into)
  }
  return packages
}

/** A struct's fields with those of its inlined structs of the same package. */
export function allFields(structs: Map<string, GoStruct>, name: string): GoField[] {
  const { fields = [], inline = [] } = structs.get(name) ?? {}
  return [...fields, ...inline.flatMap(other => allFields(structs, other.replace('*', '')))]
}
