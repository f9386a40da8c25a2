/** The tables of `messages.json`, parsed one message at a time when it is first met. */
import { readFileSync } from 'node:fs'

/**
 * A field's JSON name and type. An empty name: its fields belong to the message itself, or its items are the message. Types: `s` string, `x` bytes,
 * `b` bool, `i` integer, `d` double, else a message's full name; `*` before it for lists, `%` for maps with string keys.
 */
export type MessageField = [json: string, type: string]
export interface MessageTable {
  [message: string]: { [number: string]: MessageField }
}

let sources: Map<string, string> | undefined
const parsed = new Map<string, Map<number, MessageField>>()

function load(): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of readFileSync(new URL('./messages.json', import.meta.url), 'latin1').split('\n')) {
    const end = line.indexOf('":')
    if (end > 0) found.set(line.slice(1, end), line.slice(end + 2).replace(/,$/, ''))
  }
  return found
}

/** By field number; undefined for a message that is not known. */
export function messageFields(name: string): Map<number, MessageField> | undefined {
  const known = parsed.get(name)
  if (known) return known
  sources ??= load()
  const source = sources.get(name)
  if (!source) return undefined
  const fields = new Map(Object.entries(JSON.parse(source) as MessageTable[string]).map(([n, field]) => [Number(n), field]))
  parsed.set(name, fields)
  return fields
}
