/** One object as it is stored: its JSON text, and its parsed form for as long as the garbage collector lets it live. */
import type { KubeObject } from '@slipway/core/api'
import type { Key } from './store.ts'

export class Entry implements Key {
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly version: number
  /** The whole object as compact JSON, resourceVersion included. */
  readonly json: string
  #parsed: WeakRef<KubeObject> | undefined

  constructor(key: Key, version: number, json: string, object?: KubeObject) {
    this.resource = key.resource
    this.namespace = key.namespace
    this.name = key.name
    this.version = version
    this.json = json
    if (object) this.#parsed = new WeakRef(object)
  }

  /** Shared: never change it. */
  get object(): KubeObject {
    const alive = this.#parsed?.deref()
    if (alive) return alive
    const parsed = JSON.parse(this.json) as KubeObject
    this.#parsed = new WeakRef(parsed)
    return parsed
  }

  /** A copy of the caller's own. */
  copy(): KubeObject {
    return JSON.parse(this.json) as KubeObject
  }
}
