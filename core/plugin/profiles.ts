/**
 * Profiles: which plugins make up a process. Plugins are packages, loaded by name; a third party's is named under `extra` in slipway.yaml.
 * The order does not matter: the host sorts by what each requires.
 */
import type { Plugin } from './define-plugin.ts'
import { PluginError } from './host.ts'

export const profiles = {
  /** One process and its children on one machine. */
  embedded: [
    '@slipway/plugin-redis',
    '@slipway/plugin-apiserver',
    '@slipway/plugin-cluster',
    '@slipway/plugin-node',
    '@slipway/plugin-registry',
    '@slipway/plugin-base-images',
    '@slipway/plugin-git-server',
    '@slipway/plugin-autoscaler',
    '@slipway/plugin-data-plane',
    '@slipway/plugin-dashboard',
    '@slipway/controllers/build',
    '@slipway/controllers/serving',
    '@slipway/controllers/delivery',
  ],
  /** The process that requests pass through; a child of the embedded profile. */
  'data-plane': ['@slipway/plugin-gateway', '@slipway/plugin-activator', '@slipway/plugin-queue-proxy'],
} as const satisfies Record<string, readonly string[]>

export type ProfileName = keyof typeof profiles

/** Loads plugins by their packages' names. @throws PluginError naming the package that cannot be loaded, and why */
export async function loadPlugins(packages: readonly string[]): Promise<Plugin[]> {
  return Promise.all(
    packages.map(async name => {
      try {
        const module = (await import(name)) as { default?: Plugin }
        if (!module.default?.name) throw new Error('its default export is not a plugin; see definePlugin')
        return module.default
      } catch (error) {
        throw new PluginError(
          'StartFailed',
          `plugin package "${name}" cannot be loaded: ${error instanceof Error ? error.message : error}`,
          error,
        )
      }
    }),
  )
}
