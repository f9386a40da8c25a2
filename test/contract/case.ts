/**
 * A contract case is data: the calls to make, in order. What a real kube-apiserver answered is recorded (recorded/), and every other
 * server must answer the same. In paths, bodies and headers `{ns}` is a namespace made for the case, `{id}` a word that no other
 * case has, and `{2.metadata.uid}` a field of what the case's step 2 (counted from 0) answered.
 */

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  path: string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of a body; for bad input and YAML. */
  text?: string
  headers?: Record<string, string>
  /** Record only these fields of the answer's body (dotted paths), or with [] only the status code: for set-up, and for long documents. */
  show?: string[]
  /** Repeat until the answer has this code; for what a server does a moment later. */
  untilCode?: number
}

export interface WatchCall {
  watch: string
  headers?: Record<string, string>
  /** Calls made once the watch is open; their answers are not recorded. */
  during?: Call[]
  /** The watch is read until an event of an object of this name comes, or the server ends it. */
  until: string
  /** Of that type only, where an object of the name has several events. */
  untilType?: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
}

export type Step = Call | WatchCall
export interface ContractCase {
  name: string
  steps: Step[]
}

/** A row: a sentence of what is expected, and the calls that show it. */
export const row = (name: string, ...steps: Step[]): ContractCase => ({ name, steps })
/** Rows under one heading. */
export const group = (heading: string, rows: ContractCase[]): ContractCase[] =>
  rows.map(({ name, steps }) => ({ name: `${heading}: ${name}`, steps }))

type Rest = Omit<Call, 'method' | 'path' | 'body'>
export const get = (path: string, rest: Rest = {}): Call => ({ method: 'GET', path, ...rest })
export const post = (path: string, body: unknown, rest: Rest = {}): Call => ({ method: 'POST', path, body, ...rest })
export const put = (path: string, body: unknown, rest: Rest = {}): Call => ({ method: 'PUT', path, body, ...rest })
export const remove = (path: string, body?: unknown, rest: Rest = {}): Call => ({
  method: 'DELETE',
  path,
  ...(body !== undefined && { body }),
  ...rest,
})
const patch =
  (type: string) =>
  (path: string, body: unknown, rest: Rest = {}): Call => ({
    method: 'PATCH',
    path,
    body,
    ...rest,
    headers: { 'content-type': type, ...rest.headers },
  })
export const jsonPatch = patch('application/json-patch+json')
export const mergePatch = patch('application/merge-patch+json')
export const strategicPatch = patch('application/strategic-merge-patch+json')
/** Server-side apply; the path's query names the field manager. */
export const apply = patch('application/apply-patch+yaml')
export const watch = (path: string, until: string, rest: Partial<WatchCall> = {}): WatchCall => ({ watch: path, until, ...rest })
/** A call that only prepares: its code alone is recorded. */
export const quiet = (call: Call): Call => ({ ...call, show: [] })
export const showing = (call: Call, ...fields: string[]): Call => ({ ...call, show: fields })
