/** From where sources come: one interface for git, archives, storage buckets and images, so that a step is one line for each. */
export interface FetchedSource {
  /** Where it came from, without credentials. */
  readonly url: string
  /** What exactly was fetched: a commit, a checksum, a generation. */
  readonly commit?: string
}

export interface FetchOptions {
  /** The folder to fill; made if it is missing. */
  target: string
  /** Progress, a line at a time. */
  report?: (line: string) => void
  signal?: AbortSignal
}

export interface SourceFetcher<Spec> {
  readonly name: string
  /** @throws BuildFailure that says what is wrong with the source, or that it cannot be reached */
  fetch(spec: Spec, options: FetchOptions): Promise<FetchedSource>
}
