/** The resources that are served now: Kubernetes' own, and those of the CustomResourceDefinitions, which come and go. */
import type { ResourceRegistry, ServedResource } from '../served-resource.ts'

const pathKey = (group: string, version: string, resource: string) => `${group}/${version}/${resource}`

export class LiveRegistry implements ResourceRegistry {
  readonly #fixed: readonly ServedResource[]
  readonly #custom = new Map<string, readonly ServedResource[]>()
  #all: ServedResource[] | undefined
  #byPath = new Map<string, ServedResource>()
  #byKind = new Map<string, ServedResource>()
  /** Moves at every change, so that what was made from the registry can be kept until then. */
  version = 0

  constructor(fixed: readonly ServedResource[]) {
    this.#fixed = fixed
  }

  /** @param owner the CRD's name; an empty list takes its resources away */
  set(owner: string, resources: readonly ServedResource[]): void {
    if (resources.length) this.#custom.set(owner, resources)
    else this.#custom.delete(owner)
    this.#all = undefined
    this.version++
  }

  all(): ServedResource[] {
    return this.#index()
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    this.#index()
    return this.#byPath.get(pathKey(group, version, resource))
  }

  byKind(group: string, version: string, kind: string): ServedResource | undefined {
    this.#index()
    return this.#byKind.get(pathKey(group, version, kind))
  }

  #index(): ServedResource[] {
    if (this.#all) return this.#all
    this.#all = [...this.#fixed, ...[...this.#custom.values()].flat()]
    this.#byPath = new Map(this.#all.map(r => [pathKey(r.group, r.version, r.resource), r]))
    this.#byKind = new Map(this.#all.map(r => [pathKey(r.group, r.version, r.kind), r]))
    return this.#all
  }
}
