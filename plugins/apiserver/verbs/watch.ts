/**
 * GET with watch=true: changes as they are committed, one JSON object a line. Source: k8s.io/apiserver pkg/endpoints/handlers/watch.go and
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { randomInt } from 'node:crypto'
import { type FieldError, forbidden, gone, invalidObject, type KubeObject, notSupported, StatusError } from '@slipway/core/api'
import { partialMetadata, tableOf } from '../http/represent.ts'
import { apiVersionServed, servedJson, servedView } from '../object/stored.ts'
import type { Entry } from '../store/entry.ts'
import type { Change } from '../store/store.ts'
import type { Call, ServerContext, VerbHandler } from './call.ts'
import { parseRevision, revisionProblem } from './list-position.ts'
import { type Selection, selectionOf } from './selection.ts'

const bookmarkEveryMs = 60_000
/** A watcher that reads too slowly is cut off here, and comes back with the version it has seen. */
const maxBufferedBytes = 32 * 2 ** 20
const chunkSize = 128 * 1024
/** Source: apiserver --min-request-timeout: watches end at a random time between this and twice this. */
const minTimeoutSeconds = 1800
const initialEventsEnd = 'k8s.io/initial-events-end'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** What a change is to somebody who sees only a selection: objects that move into it are added, those that move out are deleted. */
export function seenChange(
  { type, entry, previous }: Change,
  { selective, matches }: Selection,
): { type: EventType; entry: Entry } | undefined {
  if (!selective) return { type, entry }
  const is = type !== 'DELETED' && matches(entry)
  const was = previous !== undefined && matches(previous)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry }
  if (!was) return undefined
  return { type: 'DELETED', entry: type === 'DELETED' ? entry : lastSeen(previous, entry.version) }
}

/** The object as it was when it was last seen, at the version at which it left. */
function lastSeen(previous: Entry, version: number): Entry {
  const object = previous.copy()
  object.metadata.resourceVersion = String(version)
  return {
    ...identity(previous),
    version,
    json: JSON.stringify(object),
    object,
    copy: () => structuredClone(object),
  } as unknown as Entry
}
const identity = ({ resource, namespace, name }: Entry) => ({ resource, namespace, name })

export const watch: VerbHandler = (context, call) => {
  const { query } = call
  const selection = selectionOf(call)
  const from = startOf(query)
  openStream(context, call, selection, from)
  return undefined
}

interface Start {
  /** Changes after this version; undefined for the present. */
  after: number | undefined
  /** First everything that is there, as ADDED. */
  initial: boolean
  /** A bookmark says when that is done. */
  announceEnd: boolean
}

/** @throws StatusError 400, 422 */
function startOf(query: URLSearchParams): Start {
  const text = query.get('resourceVersion')
  if (text && !/^\d+$/.test(text)) throw new StatusError(500, 'Unknown', revisionProblem(text))
  const revision = parseRevision(text)
  const match = query.get('resourceVersionMatch')
  const wanted = query.get('sendInitialEvents')
  if (wanted === null || wanted === '') {
    if (match)
      throw invalidObject('ListOptions', 'meta.k8s.io', '', [
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      ])
    return { after: revision || undefined, initial: !revision, announceEnd: false }
  }
  const problems: FieldError[] = []
  if (match !== 'NotOlderThan')
    problems.push(forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match && match !== 'NotOlderThan') problems.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']))
  if (problems.length) throw invalidObject('ListOptions', 'meta.k8s.io', '', problems)
  const initial = wanted === 'true' || wanted === '1'
  return {
    after: initial ? undefined : revision || undefined,
    initial,
    announceEnd: initial && query.get('allowWatchBookmarks') === 'true',
  }
}

function openStream(context: ServerContext, call: Call, selection: Selection, start: Start): void {
  const { store, signal } = context
  const { response, query } = call
  const encode = eventEncoder(context, call)
  const bookmarks = query.get('allowWatchBookmarks') === 'true'
  let seen = start.after ?? store.revision
  const send = (changes: readonly Change[]) => {
    let text = ''
    for (const change of changes) {
      if (change.version <= seen) continue
      if (selection.namespace !== undefined && change.entry.namespace !== selection.namespace) continue
      const event = seenChange(change, selection)
      if (event) text += encode.event(event.type, event.entry, change)
    }
    if (text) response.write(text)
    if (response.writableLength > maxBufferedBytes) response.destroy()
  }
  const bookmark = (annotations?: Record<string, string>) =>
    response.write(encode.bookmark(Math.max(store.revision, seen), annotations))
  const cleanups: (() => void)[] = []
  /** From here on nothing is missed: what was committed meanwhile, then all that comes. */
  const follow = () => {
    const missed = store.changesSince(selection.resource, seen)
    if (!missed) {
      response.end(expiredLine(seen, store.compacted))
      return
    }
    send(missed)
    seen = Math.max(seen, store.revision)
    cleanups.push(store.subscribe(selection.resource, send))
    if (start.announceEnd) bookmark({ [initialEventsEnd]: 'true' })
  }
  const end = () => response.end()
  const timer = setTimeout(() => {
    if (bookmarks) bookmark()
    response.end()
  }, timeoutMs(query)).unref()
  const beat = bookmarks ? setInterval(() => bookmark(), bookmarkEveryMs).unref() : undefined
  signal.addEventListener('abort', end)
  response.on('close', () => {
    for (const clean of cleanups) clean()
    clearInterval(beat)
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  })
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
  // Lines go out when there are some; a client must know at once that it is watching.
  response.flushHeaders()
  if (!start.initial) {
    follow()
    return
  }
  const present = store.list(selection.resource, selection.namespace)
  const shown = selection.selective ? present.filter(selection.matches) : present
  writeSlowly(response, shown, entry => encode.event('ADDED', entry), follow)
}

const expiredLine = (seen: number, compacted: number) =>
  `{"type":"ERROR","object":${JSON.stringify(gone(`too old resource version: ${seen} (${compacted + 1})`).toStatus())}}\n`

/** Writes lines no faster than they are read. */
function writeSlowly<T>(
  response: Call['response'],
  items: readonly T[],
  line: (item: T) => string,
  done: () => void,
  from = 0,
): void {
  let i = from
  while (i < items.length) {
    let text = ''
    while (i < items.length && text.length < chunkSize) text += line(items[i++]!)
    if (!response.write(text) && i < items.length) {
      response.once('drain', () => writeSlowly(response, items, line, done, i))
      return
    }
  }
  if (!response.destroyed) done()
}

function timeoutMs(query: URLSearchParams): number {
  const seconds = Number(query.get('timeoutSeconds')) || minTimeoutSeconds + randomInt(minTimeoutSeconds)
  return Math.min(seconds * 1000, 2 ** 31 - 1)
}

interface EventEncoder {
  /** One line. @param change lets watchers of the same form share the line */
  event(type: EventType, entry: Entry, change?: Change): string
  bookmark(revision: number, annotations?: Record<string, string>): string
}

/** Lines that were made for one watcher and serve the next: most watchers of a resource see the same ones. */
const lines = new WeakMap<Change, Map<string, string>>()

function eventEncoder({ now }: ServerContext, call: Call): EventEncoder {
  const { resource, accept } = call
  let headers = true
  const line = (type: EventType, object: unknown) =>
    `{"type":"${type}","object":${typeof object === 'string' ? object : JSON.stringify(object)}}\n`
  const form = (object: KubeObject): unknown => {
    if (accept.form === 'object') return object
    if (accept.form !== 'Table') return partialMetadata(object, accept.version)
    const table = tableOf(resource, [object], now(), call, { resourceVersion: object.metadata.resourceVersion, headers })
    const shown = headers ? table : { ...table, columnDefinitions: null }
    headers = false
    return shown
  }
  return {
    event(type, entry, change) {
      if (accept.form !== 'object') return line(type, form(servedView(resource, entry)))
      if (!change || change.entry !== entry) return line(type, servedJson(resource, entry))
      const id = `${type}${apiVersionServed(resource)}`
      let made = lines.get(change)
      if (!made) lines.set(change, (made = new Map()))
      let text = made.get(id)
      if (!text) made.set(id, (text = line(type, servedJson(resource, entry))))
      return text
    },
    bookmark(revision, annotations) {
      const metadata = {
        resourceVersion: String(revision),
        ...(annotations && { annotations }),
      } as unknown as KubeObject['metadata']
      const object = { kind: resource.kind, apiVersion: apiVersionServed(resource), metadata } as KubeObject
      if (accept.form !== 'Table') return line('BOOKMARK', form(object))
      return line('BOOKMARK', {
        ...tableOf(resource, [], now(), call, { resourceVersion: String(revision), headers: false }),
        columnDefinitions: null,
        rows: [{ cells: [], object: partialMetadata(object) }],
      })
    },
  }
}
