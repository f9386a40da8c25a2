/**
 * The disk side of the store: one append-only table of changes in SQLite. The newest row of a key is the object; older rows are kept
 * only as long as the change window wants them. SQLite's write-ahead log with `synchronous=FULL` makes each commit durable before it is answered.
 */
import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StatusError } from '@slipway/core/api'
import type { Change, Key } from './store.ts'

export interface LogRow extends Key {
  version: number
  deleted: boolean
  json: string
}

const schema = `
  CREATE TABLE IF NOT EXISTS changes (
    version INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    deleted INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), compacted INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO state (id, compacted, revision) VALUES (1, 0, 0);
`

/** SQLite's result codes that mean the disk has no room. Source: https://www.sqlite.org/rescode.html */
const isFull = (error: unknown): boolean =>
  (error as { errcode?: number }).errcode === 13 || /disk is full|No space left/i.test(String((error as Error)?.message))

/** What a client is told of a commit that failed. */
export const storageError = (error: unknown, file: string): StatusError =>
  isFull(error)
    ? new StatusError(
        507,
        'InsufficientStorage',
        `the disk that holds ${file} is full: nothing was changed; free some space and try again`,
      )
    : new StatusError(
        500,
        'InternalError',
        `Internal error occurred: the object store ${file} could not be written: ${error instanceof Error ? error.message : error}`,
      )

export class SqliteLog {
  readonly file: string
  readonly #db: DatabaseSync
  readonly #insert
  readonly #drop
  readonly #mark

  /** @throws Error when the file is not a store, or another process has it open */
  constructor(file: string, pageLimit?: number) {
    this.file = file
    try {
      // Secrets are in it: only its owner may read it, and SQLite gives its write-ahead log the same mode.
      if (file !== ':memory:') {
        closeSync(openSync(file, 'a', 0o600))
        chmodSync(file, 0o600)
      }
      this.#db = new DatabaseSync(file)
      this.#db.exec(
        'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = 2000',
      )
      if (pageLimit) this.#db.exec(`PRAGMA max_page_count = ${Math.floor(pageLimit)}`)
      this.#db.exec(schema)
    } catch (error) {
      const { message } = error as Error
      if (/locked/.test(message)) throw new Error(`the object store ${file} is in use by another process; stop that one first`)
      throw new Error(`the object store ${file} cannot be opened: ${message}`, { cause: error })
    }
    this.#insert = this.#db.prepare(
      'INSERT INTO changes (version, resource, namespace, name, deleted, json) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#drop = this.#db.prepare('DELETE FROM changes WHERE version = ?')
    this.#mark = this.#db.prepare('UPDATE state SET compacted = ?, revision = ? WHERE id = 1')
  }

  /** Every row, oldest first, and where the window begins. */
  read(): { compacted: number; revision: number; rows: Iterable<LogRow> } {
    const { compacted, revision } = this.#db.prepare('SELECT compacted, revision FROM state WHERE id = 1').get() as {
      compacted: number
      revision: number
    }
    const select = this.#db.prepare('SELECT version, resource, namespace, name, deleted, json FROM changes ORDER BY version')
    return { compacted, revision, rows: select.iterate() as unknown as Iterable<LogRow> }
  }

  /** Durable when it returns. @throws whatever SQLite says; nothing is changed then */
  commit(changes: readonly Change[], dropped: readonly number[], compacted: number, revision: number): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const { version, type, entry } of changes)
        this.#insert.run(version, entry.resource, entry.namespace, entry.name, type === 'DELETED' ? 1 : 0, entry.json)
      for (const version of dropped) this.#drop.run(version)
      if (dropped.length) this.#mark.run(compacted, revision)
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }
}
