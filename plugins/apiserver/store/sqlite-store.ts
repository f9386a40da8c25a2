/** The store on SQLite: groups writers into commits, keeps the index and the window of changes, tells subscribers. */
import type { KubeObject } from '@slipway/core/api'
import { ChangeWindow, type WindowLimits } from './change-window.ts'
import { Entry } from './entry.ts'
import { ObjectIndex, shelfKey } from './object-index.ts'
import { SqliteLog, storageError } from './sqlite-log.ts'
import type { Change, Key, Store, Transaction } from './store.ts'

export interface SqliteStoreOptions {
  /** The database's path; its folder must exist. `:memory:` for tests that do not care. */
  file: string
  window?: WindowLimits
  /** Pages of 4 KiB that the database may grow to; unlimited when absent. */
  pageLimit?: number
  /** Told of a subscriber that threw; it is unsubscribed. */
  onError?: (error: unknown) => void
}

interface Job {
  writer: (transaction: Transaction) => unknown
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}
type Listener = (changes: readonly Change[]) => void

/** What the writers of one commit have changed so far; later writers of the commit see it, readers do not. */
class Draft implements Transaction {
  readonly changes: Change[] = []
  readonly #index: ObjectIndex
  readonly #touched = new Map<string, Entry | undefined>()
  #version: number
  #undo: { length: number; touched: [string, Entry | undefined, boolean][] } = { length: 0, touched: [] }

  constructor(index: ObjectIndex, version: number) {
    this.#index = index
    this.#version = version
  }

  get version(): number {
    return this.#version
  }

  /** Marks where to go back to when the next writer fails. */
  begin(): void {
    this.#undo = { length: this.changes.length, touched: [] }
  }

  rollback(): void {
    for (const [id, before, had] of this.#undo.touched.reverse()) {
      if (had) this.#touched.set(id, before)
      else this.#touched.delete(id)
    }
    this.#version -= this.changes.length - this.#undo.length
    this.changes.length = this.#undo.length
  }

  get(key: Key): Entry | undefined {
    const id = idOf(key)
    return this.#touched.has(id) ? this.#touched.get(id) : this.#index.get(key)
  }

  *list(resource: string, namespace?: string): Iterable<Entry> {
    const wanted = (entry: Entry) => entry.resource === resource && (namespace === undefined || entry.namespace === namespace)
    for (const entry of this.#index.values(resource)) if (wanted(entry) && !this.#touched.has(idOf(entry))) yield entry
    for (const entry of this.#touched.values()) if (entry && wanted(entry)) yield entry
  }

  put(key: Key, object: KubeObject): Entry {
    const previous = this.get(key)
    const entry = this.#next(key, object)
    this.changes.push({ type: previous ? 'MODIFIED' : 'ADDED', version: entry.version, entry, ...(previous && { previous }) })
    this.#touch(key, entry)
    return entry
  }

  remove(key: Key, last: KubeObject): Entry {
    const previous = this.get(key)
    if (!previous) throw new Error(`cannot remove ${key.resource} ${key.namespace}/${key.name}: it does not exist`)
    const entry = this.#next(key, last)
    this.changes.push({ type: 'DELETED', version: entry.version, entry, previous })
    this.#touch(key, undefined)
    return entry
  }

  #next(key: Key, object: KubeObject): Entry {
    const version = ++this.#version
    object.metadata.resourceVersion = String(version)
    return new Entry(key, version, JSON.stringify(object), object)
  }

  #touch(key: Key, entry: Entry | undefined): void {
    const id = idOf(key)
    this.#undo.touched.push([id, this.#touched.get(id), this.#touched.has(id)])
    this.#touched.set(id, entry)
  }
}

const idOf = ({ resource, namespace, name }: Key): string => `${resource}\0${shelfKey(namespace, name)}`

export class SqliteStore implements Store {
  readonly #log: SqliteLog
  readonly #index = new ObjectIndex()
  readonly #window: ChangeWindow
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #onError: (error: unknown) => void
  #revision = 0
  #jobs: Job[] = []
  #scheduled = false
  /** Rows that the next commit drops from the disk. */
  #dropped: number[] = []
  #closed = false

  constructor({ file, window, pageLimit, onError = () => {} }: SqliteStoreOptions) {
    this.#onError = onError
    this.#log = new SqliteLog(file, pageLimit)
    const { compacted, revision, rows } = this.#log.read()
    this.#window = new ChangeWindow(compacted, window)
    this.#revision = revision
    for (const row of rows) this.#load(new Entry(row, row.version, row.json), Boolean(row.deleted))
    this.#trim()
  }

  #load(entry: Entry, deleted: boolean): void {
    const previous = this.#index.get(entry)
    if (deleted) this.#index.delete(entry)
    else this.#index.set(entry)
    this.#revision = Math.max(this.#revision, entry.version)
    if (entry.version <= this.#window.compacted) return
    const type = deleted ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED'
    this.#window.push({ type, version: entry.version, entry, ...(previous && { previous }) })
  }

  get revision(): number {
    return this.#revision
  }
  get compacted(): number {
    return this.#window.compacted
  }
  get(key: Key): Entry | undefined {
    return this.#index.get(key)
  }
  list(resource: string, namespace?: string): readonly Entry[] {
    return this.#index.list(resource, namespace)
  }
  counts(): Record<string, number> {
    return this.#index.counts()
  }
  changesSince(resource: string, version: number): Change[] | undefined {
    return this.#window.since(resource, version)
  }

  subscribe(resource: string, listener: Listener): () => void {
    let set = this.#listeners.get(resource)
    if (!set) this.#listeners.set(resource, (set = new Set()))
    set.add(listener)
    return () => void set.delete(listener)
  }

  write<T>(writer: (transaction: Transaction) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the object store is closed'))
    return new Promise((resolve, reject) => {
      this.#jobs.push({ writer, resolve: resolve as Job['resolve'], reject })
      if (this.#scheduled) return
      this.#scheduled = true
      // After all requests of this turn of the event loop have been read: they share a commit.
      setImmediate(() => this.#commit())
    })
  }

  #commit(): void {
    this.#scheduled = false
    const jobs = this.#jobs
    this.#jobs = []
    const draft = new Draft(this.#index, this.#revision)
    const answers: (() => void)[] = []
    for (const { writer, resolve, reject } of jobs) {
      draft.begin()
      try {
        const result = writer(draft)
        answers.push(() => resolve(result))
      } catch (error) {
        draft.rollback()
        answers.push(() => reject(error))
      }
    }
    if (draft.changes.length || this.#dropped.length) {
      try {
        this.#log.commit(draft.changes, this.#dropped, this.#window.compacted, draft.version)
      } catch (error) {
        for (const { reject } of jobs) reject(storageError(error, this.#log.file))
        return
      }
      this.#dropped = []
      this.#publish(draft.changes, draft.version)
    }
    for (const answer of answers) answer()
  }

  #publish(changes: readonly Change[], version: number): void {
    this.#revision = version
    const byResource = new Map<string, Change[]>()
    for (const change of changes) {
      const { entry } = change
      if (change.type === 'DELETED') this.#index.delete(entry)
      else this.#index.set(entry)
      this.#window.push(change)
      const same = byResource.get(entry.resource)
      if (same) same.push(change)
      else byResource.set(entry.resource, [change])
    }
    this.#trim()
    for (const [resource, some] of byResource) this.#tell(resource, some)
  }

  /** A subscriber's fault must not keep a commit from being answered. */
  #tell(resource: string, changes: readonly Change[]): void {
    const listeners = this.#listeners.get(resource)
    for (const listener of listeners ?? []) {
      try {
        listener(changes)
      } catch (error) {
        listeners!.delete(listener)
        this.#onError(error)
      }
    }
  }

  /** A row is needed until the change that replaced it leaves the window. */
  #trim(): void {
    for (const { type, version, previous } of this.#window.trim()) {
      if (previous) this.#dropped.push(previous.version)
      if (type === 'DELETED') this.#dropped.push(version)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#jobs.length || this.#dropped.length) this.#commit()
    this.#log.close()
  }
}
