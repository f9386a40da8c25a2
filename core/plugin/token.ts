/** A typed name for something that one plugin provides and others require. Tokens live in `core/plugin/tokens`, beside their interface. */
export interface Token<T> {
  readonly id: string
  /** Only for types; never set. */
  readonly type?: T
}
export const token = <T>(id: string): Token<T> => ({ id })
export type Tokens = Record<string, Token<unknown>>
/** What a record of tokens stands for: `{ endpoints: Token<Endpoints> }` gives `{ endpoints: Endpoints }`. */
export type Resolved<R extends Tokens> = { [K in keyof R]: R[K] extends Token<infer T> ? T : never }
