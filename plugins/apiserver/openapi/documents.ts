/** Whole OpenAPI documents, computed from what is served. Big: made when they are asked for, and not kept by this file. */
import { readDescriptions } from '@slipway/core/api/kubernetes'
import type { ServedResource } from '../served-resource.ts'
import { addBuiltinSchemas, type Dialect, type OpenApiSchema } from './builtin-schemas.ts'
import { customReferences, customSchemas } from './custom-schemas.ts'
import { pathsOf } from './paths.ts'
import { schemaName } from './schema-names.ts'

const release = 'v1.34.3'

function parts(resources: readonly ServedResource[], dialect: Dialect) {
  const schemas: Record<string, OpenApiSchema> = {}
  const paths: Record<string, Record<string, unknown>> = {}
  const needed = new Set<string>()
  const texts = readDescriptions()
  for (const resource of resources) {
    const name = schemaName(resource)
    if (resource.builtin) needed.add(name)
    else {
      Object.assign(schemas, customSchemas(resource, name, dialect, texts))
      for (const reference of customReferences) needed.add(reference)
    }
    Object.assign(
      paths,
      pathsOf(resource, dialect, kind => {
        const of = schemaName(kind)
        if (kind.builtin) needed.add(of)
        return of
      }),
    )
  }
  addBuiltinSchemas(schemas, needed, texts, dialect)
  return { schemas, paths }
}

/** `/openapi/v3/apis/GROUP/VERSION`. @param resources of that group and version */
export function openApiV3(resources: readonly ServedResource[]) {
  const { schemas, paths } = parts(resources, 'v3')
  const title = resources.some(r => r.builtin) ? 'Kubernetes' : 'Kubernetes CRD Swagger'
  return {
    openapi: '3.0.0',
    info: { title, version: title === 'Kubernetes' ? release : 'v0.1.0' },
    paths,
    components: {
      schemas,
      securitySchemes: {
        BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' },
      },
    },
  }
}

/** `/openapi/v2`, of everything. */
export function openApiV2(resources: readonly ServedResource[]) {
  const { schemas, paths } = parts(resources, 'v2')
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: release },
    paths,
    definitions: schemas,
    securityDefinitions: {
      BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' },
    },
    security: [{ BearerToken: [] }],
  }
}
