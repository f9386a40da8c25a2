/** From source to image: what every builder is, so that limits, sharing and records are wrappers that each builder gets free. */
import { BuildFailure } from '../failure/index.ts'
import type { Digest } from '../image/digest.ts'

export interface BuildSource {
  /** The folder to build. */
  readonly folder: string
  /** The image's name without tag or digest, such as `registry.localhost:5000/demo/hello`. */
  readonly image: string
  /** Tags to push under besides the digest. */
  readonly tags?: readonly string[]
  /** The commit and where it is from, for the image's labels. */
  readonly revision?: string
  readonly url?: string
}

export interface BuiltImage {
  /** Name without tag or digest. */
  readonly image: string
  readonly digest: Digest
}

export interface Builder {
  readonly name: string
  /** Why this builder cannot build the source; undefined when it can. Cheap: looks, does not build. */
  refuses(source: BuildSource): Promise<string | undefined>
  /** @throws BuildFailure */
  build(source: BuildSource, signal?: AbortSignal): Promise<BuiltImage>
}

export interface Slots {
  /** Runs when a slot is free. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** At most `count` at once, the others wait in order. */
export function slots(count: number): Slots {
  let free = count
  const waiting: (() => void)[] = []
  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>(resolve => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}

/** A builder that builds no more than there are slots. */
export const limited = (inner: Builder, limit: Slots): Builder => ({
  name: inner.name,
  refuses: source => inner.refuses(source),
  build: (source, signal) => limit.run(() => inner.build(source, signal)),
})

/** Two builds of the same at the same time are one: the second waits for the first's result. */
export function shared(inner: Builder): Builder {
  const running = new Map<string, Promise<BuiltImage>>()
  return {
    name: inner.name,
    refuses: source => inner.refuses(source),
    build(source, signal) {
      const key = JSON.stringify([source.folder, source.image, source.tags, source.revision])
      const known = running.get(key)
      if (known) return known
      const build = inner.build(source, signal).finally(() => running.delete(key))
      running.set(key, build)
      return build
    },
  }
}

/** The first builder that does not refuse. */
export const firstOf = (builders: readonly Builder[]): Builder => {
  const choose = async (source: BuildSource) => {
    const reasons: string[] = []
    for (const builder of builders) {
      const reason = await builder.refuses(source)
      if (reason === undefined) return { builder }
      reasons.push(`${builder.name}: ${reason}`)
    }
    return { reasons: reasons.join('; ') }
  }
  return {
    name: builders.map(b => b.name).join('|'),
    refuses: async source => (await choose(source)).reasons,
    async build(source, signal) {
      const { builder, reasons } = await choose(source)
      if (!builder) throw new BuildFailure('NoBuilder', `no builder takes ${source.folder}: ${reasons}`)
      return builder.build(source, signal)
    },
  }
}
