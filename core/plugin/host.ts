/**
 * Starts plugins in the order of what they require, stops them in reverse. A missing, double or circular provision stops the start
 * with an error that names both sides; a failed start stops what had started.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describeFieldError } from '../api/field-error.ts'
import { applyDefaults, prune, validateSchema } from '../api/structural.ts'
import type { Log } from '../observe/log.ts'
import type { Plugin } from './define-plugin.ts'
import type { Token, Tokens } from './token.ts'

export class PluginError extends Error {
  readonly reason: 'MissingProvider' | 'DuplicateProvider' | 'DuplicatePlugin' | 'Cycle' | 'InvalidConfig' | 'StartFailed'
  constructor(reason: PluginError['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'PluginError'
    this.reason = reason
  }
}

export interface HostOptions {
  plugins: Plugin[]
  /** The `plugins` part of slipway.yaml: a plugin's name to its configuration. */
  config?: Record<string, unknown>
  /** Values that the caller provides, such as the process's own log or profile. */
  values?: [Token<unknown>, unknown][]
  dataDir: string
  log: Log
  /** Called as each plugin is up. */
  onStarted?(name: string, ms: number): void
}

export interface Host {
  /** What a plugin provided under this token. @throws Error when nobody did */
  get<T>(token: Token<T>): T
  /** Like get, but undefined when nobody did. */
  find<T>(token: Token<T>): T | undefined
  stop(): Promise<void>
}

const list = (tokens: Tokens | undefined): Token<unknown>[] => Object.values(tokens ?? {})

/** Orders plugins so that each comes after those that provide what it requires. @throws PluginError */
export function startOrder(plugins: Plugin[], given: string[] = []): Plugin[] {
  const names = new Set<string>()
  const providers = new Map<string, Plugin>()
  for (const plugin of plugins) {
    if (names.has(plugin.name))
      throw new PluginError('DuplicatePlugin', `two plugins are named "${plugin.name}"; remove one from the configuration`)
    names.add(plugin.name)
    for (const { id } of list(plugin.provides)) {
      const other = providers.get(id)?.name ?? (given.includes(id) ? 'the host' : undefined)
      if (other)
        throw new PluginError('DuplicateProvider', `both "${other}" and "${plugin.name}" provide ${id}; disable one of them`)
      providers.set(id, plugin)
    }
  }
  const ordered: Plugin[] = []
  const state = new Map<Plugin, 'visiting' | 'done'>()
  const visit = (plugin: Plugin, path: string[]) => {
    if (state.get(plugin) === 'done') return
    const here = [...path, plugin.name]
    if (state.get(plugin) === 'visiting')
      throw new PluginError(
        'Cycle',
        `plugins require each other in a circle: ${here.slice(here.indexOf(plugin.name)).join(' → ')}`,
      )
    state.set(plugin, 'visiting')
    for (const { id } of list(plugin.requires)) {
      const provider = providers.get(id)
      if (provider) visit(provider, here)
      else if (!given.includes(id))
        throw new PluginError('MissingProvider', `plugin "${plugin.name}" requires ${id}, but no enabled plugin provides it`)
    }
    for (const { id } of list(plugin.optional)) {
      const provider = providers.get(id)
      if (provider) visit(provider, here)
    }
    state.set(plugin, 'done')
    ordered.push(plugin)
  }
  for (const plugin of plugins) visit(plugin, [])
  return ordered
}

/** Checks and completes one plugin's configuration. @throws PluginError naming each bad field */
export function pluginConfig(plugin: Plugin, given: unknown): unknown {
  const config = structuredClone(given ?? {})
  if (!plugin.config) return config
  const unknown = prune(plugin.config.json, config).map(field => `${field}: unknown field`)
  applyDefaults(plugin.config.json, config)
  const problems = [...unknown, ...validateSchema(plugin.config.json, config).map(describeFieldError)]
  if (problems.length)
    throw new PluginError(
      'InvalidConfig',
      `configuration of plugin "${plugin.name}" is wrong: ${problems.map(p => `plugins.${plugin.name}.${p}`).join('; ')}`,
    )
  return config
}

export async function startHost(options: HostOptions): Promise<Host> {
  const { config = {}, values = [], log, dataDir } = options
  const provided = new Map<string, unknown>(values.map(([{ id }, value]) => [id, value]))
  const ordered = startOrder(options.plugins, [...provided.keys()])
  const configs = new Map(ordered.map(plugin => [plugin, pluginConfig(plugin, config[plugin.name])]))
  const stopping = new AbortController()
  const cleanups: { name: string; clean: () => void | Promise<void> }[] = []

  const stop = async () => {
    stopping.abort()
    for (const { name, clean } of cleanups.splice(0).reverse()) {
      try {
        await clean()
      } catch (error) {
        log.error({ err: error, plugin: name }, 'plugin did not stop cleanly')
      }
    }
  }

  for (const plugin of ordered) {
    const began = performance.now()
    const own = join(dataDir, plugin.name)
    await mkdir(own, { recursive: true })
    const resolve = (tokens: Tokens | undefined) =>
      Object.fromEntries(Object.entries(tokens ?? {}).map(([key, { id }]) => [key, provided.get(id)]))
    try {
      const results = await plugin.start({
        ...resolve(plugin.optional),
        ...resolve(plugin.requires),
        config: configs.get(plugin),
        log: log.child({ plugin: plugin.name }),
        dataDir: own,
        signal: stopping.signal,
        onStop: clean => void cleanups.push({ name: plugin.name, clean }),
      })
      for (const [key, { id }] of Object.entries(plugin.provides ?? {}))
        provided.set(id, (results as Record<string, unknown>)[key])
    } catch (error) {
      await stop()
      if (error instanceof PluginError) throw error
      throw new PluginError(
        'StartFailed',
        `plugin "${plugin.name}" did not start: ${error instanceof Error ? error.message : error}`,
        error,
      )
    }
    options.onStarted?.(plugin.name, performance.now() - began)
  }
  return {
    get<T>(wanted: Token<T>): T {
      if (!provided.has(wanted.id)) throw new Error(`no plugin provides ${wanted.id}`)
      return provided.get(wanted.id) as T
    },
    find: <T>(wanted: Token<T>) => provided.get(wanted.id) as T | undefined,
    stop,
  }
}
