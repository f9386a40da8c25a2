/** Keeps the ClusterBuildTemplates that come with Slipway (templates/build) as they are shipped: an upgrade brings the new ones. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClusterBuildTemplate } from '@slipway/core/api/build'
import type { Api } from '@slipway/core/client'
import { parse } from 'yaml'

const folder = fileURLToPath(new URL('../../templates/build/', import.meta.url))

export async function shippedTemplates(): Promise<ClusterBuildTemplate[]> {
  const names = (await readdir(folder, { withFileTypes: true })).filter(entry => entry.isDirectory()).map(entry => entry.name)
  return Promise.all(
    names.map(async name => parse(await readFile(join(folder, name, 'template.yaml'), 'utf8')) as ClusterBuildTemplate),
  )
}

/** Template by template; those of other names are left alone. */
export async function installTemplates(api: Api): Promise<void> {
  for (const template of await shippedTemplates())
    await api.apply(ClusterBuildTemplate, template, { fieldManager: 'slipway-templates' })
}
