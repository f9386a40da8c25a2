/**
 * A plugin is a plain object. It names what it requires and what it provides; the host checks both, starts plugins in order and
 * stops them in reverse. Nothing happens when the module is imported.
 *
 * @example
 *   export default definePlugin({
 *     name: 'activator',
 *     config: s.object({ maxHeld: s.int().default(10_000) }),
 *     requires: { endpoints: Endpoints },
 *     provides: { hop: ActivatorHop },
 *     async start({ config, endpoints, signal }) { return { hop: holdUntilReady(endpoints, config.maxHeld, signal) } },
 *   })
 */
import type { Infer, Schema } from '../api/schema.ts'
import type { Log } from '../observe/log.ts'
import type { Resolved, Tokens } from './token.ts'

export interface PluginContext<C> {
  readonly config: C
  readonly log: Log
  /** A folder of this plugin's own, made before start; survives restarts. */
  readonly dataDir: string
  /** Aborted when the host begins to stop, before `onStop` callbacks run. */
  readonly signal: AbortSignal
  /** Registers clean-up; run in reverse order and awaited when the plugin stops, also after a failed start. */
  onStop(clean: () => void | Promise<void>): void
}

export interface Plugin<C = unknown, R extends Tokens = Tokens, O extends Tokens = Tokens, P extends Tokens = Tokens> {
  /** The folder's name, and the key of its configuration in slipway.yaml. */
  readonly name: string
  readonly config?: Schema<C>
  readonly requires?: R
  /** Like requires, but undefined when nobody provides it. */
  readonly optional?: O
  readonly provides?: P
  start(context: PluginContext<C> & Resolved<R> & Partial<Resolved<O>>): Promise<Resolved<P>> | Resolved<P>
  /** Removes what outlives the process (containers, networks, mounts, children), for `slipway clean`. The plugin is not running then. */
  clean?(context: Pick<PluginContext<C>, 'dataDir' | 'log'>): Promise<void>
}

// biome-ignore lint/complexity/noBannedTypes: an empty record is what a plugin without the field has
type None = {}

export const definePlugin = <
  S extends Schema<unknown> = Schema<None>,
  R extends Tokens = None,
  O extends Tokens = None,
  P extends Tokens = None,
>(
  plugin: Omit<Plugin<Infer<S>, R, O, P>, 'config'> & { config?: S },
): Plugin => plugin as unknown as Plugin
