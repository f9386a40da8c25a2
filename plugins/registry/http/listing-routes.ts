/** Tags, referrers and the catalog (distribution-spec v1.1, "Content Discovery"; the catalog is Docker's). */
import { mediaType } from '@slipway/builders/image'
import { SpecError } from '../spec-error.ts'
import { byLexicalOrder, type ManifestStore } from '../store/manifests.ts'
import { checkDigest, page, queryOf, type Route } from './route.ts'

export function listingRoutes(manifests: ManifestStore): Route[] {
  return [
    {
      method: 'GET',
      path: /^\/v2\/(.+)\/tags\/list$/,
      action: 'pull',
      async handle(request, response, repository) {
        const tags = await manifests.tags(repository)
        if (!tags)
          throw new SpecError(404, 'NAME_UNKNOWN', `repository name not known to registry: ${repository}`, { name: repository })
        response.json({ name: repository, tags: page(request, response, tags, (tag, last) => byLexicalOrder(tag, last) > 0) })
      },
    },
    {
      method: 'GET',
      path: /^\/v2\/(.+)\/referrers\/([^/]+)$/,
      action: 'pull',
      async handle(request, response, repository, id) {
        const all = await manifests.referrers(repository, checkDigest(id))
        const type = queryOf(request, 'artifactType')
        if (type) response.setHeader('oci-filters-applied', 'artifactType')
        const body = {
          schemaVersion: 2,
          mediaType: mediaType.index,
          manifests: type ? all.filter(d => d.artifactType === type) : all,
        }
        // Not response.json: it would add a charset to a media type that has none.
        response.setHeader('content-type', mediaType.index)
        response.end(JSON.stringify(body))
      },
    },
    {
      method: 'GET',
      path: /^\/v2\/_catalog$/,
      action: 'list',
      async handle(request, response) {
        const names: string[] = []
        for await (const name of manifests.repositories()) names.push(name)
        response.json({ repositories: page(request, response, names.sort(), (name, last) => name > last) })
      },
    },
  ]
}
