/**
 * slipway.yaml, checked, with overrides from the environment: `SLIPWAY_GATEWAY_PORT=9090` sets `plugins.gateway.port`.
 *
 * @example
 *   plugins:
 *     gateway: { port: 9090 }
 *     git-server: false        # not started
 *   extra: ['@acme/slipway-plugin-audit']
 */
import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { describeFieldError } from '../api/field-error.ts'
import type { JsonSchema } from '../api/json-schema.ts'
import { type Infer, s } from '../api/schema.ts'
import { prune, validateSchema } from '../api/structural.ts'
import type { Plugin } from './define-plugin.ts'
import { PluginError } from './host.ts'
import { profiles } from './profiles.ts'

const schema = s.object({
  plugins: s
    .of<Record<string, false | Record<string, unknown>>>({
      type: 'object',
      additionalProperties: { 'x-kubernetes-preserve-unknown-fields': true },
    })
    .optional(),
  extra: s.array(s.string()).optional(),
})
export type Configuration = Infer<typeof schema>

/** @throws PluginError InvalidConfig with the file, the line and what to do */
export function parseConfiguration(text: string, file: string): Configuration {
  const document = parseDocument(text, { prettyErrors: true })
  const [error] = document.errors
  if (error) throw new PluginError('InvalidConfig', `${file}: ${error.message}`)
  const value = document.toJS() ?? {}
  const problems = [
    ...validateSchema(schema.json, value).map(describeFieldError),
    ...prune(schema.json, value).map(field => `${field}: unknown field`),
  ]
  if (problems.length) throw new PluginError('InvalidConfig', `${file}: ${problems.join('; ')}`)
  return value
}

/** An absent file is an empty configuration. */
export async function readConfiguration(file: string): Promise<Configuration> {
  try {
    return parseConfiguration(await readFile(file, 'utf8'), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

const upper = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()

function parsedAs(text: string, field: JsonSchema): unknown {
  if (field.type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return field.type === 'array' ? text.split(',').map(part => part.trim()) : text
  }
}

/** What the environment says of a plugin's own settings, by its schema. */
export function environmentOf(plugin: Plugin, env: Record<string, string | undefined>): Record<string, unknown> {
  const fields = Object.entries(plugin.config?.json.properties ?? {})
  return Object.fromEntries(
    fields.flatMap(([name, field]) => {
      const text = env[`SLIPWAY_${upper(plugin.name)}_${upper(name)}`]
      return text === undefined ? [] : [[name, parsedAs(text, field)]]
    }),
  )
}

/** One file configures all processes of an installation, so it may name plugins that run in another one. */
const inSomeProfile = (name: string) =>
  Object.values(profiles).some(packages =>
    packages.some(each => each === `@slipway/plugin-${name}` || each === `@slipway/controllers/${name}`),
  )

/** Each plugin's configuration, file and environment together; those that are set to false are left out. @throws PluginError for a name that no plugin has */
export function configured(
  plugins: Plugin[],
  { plugins: given = {} }: Configuration,
  env: Record<string, string | undefined>,
): { plugins: Plugin[]; config: Record<string, unknown> } {
  const names = plugins.map(plugin => plugin.name)
  const unknown = Object.keys(given).filter(name => !names.includes(name) && !inSomeProfile(name))
  if (unknown.length)
    throw new PluginError(
      'InvalidConfig',
      `slipway.yaml configures plugins that are not there: ${unknown.join(', ')}; there are ${names.join(', ')}`,
    )
  const enabled = plugins.filter(plugin => given[plugin.name] !== false)
  const config = Object.fromEntries(
    enabled.map(plugin => [plugin.name, { ...(given[plugin.name] || {}), ...environmentOf(plugin, env) }]),
  )
  return { plugins: enabled, config }
}
