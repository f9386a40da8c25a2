/** How schemas are named in OpenAPI documents: `io.k8s.api.apps.v1.Deployment`, and `dev.knative.serving.v1.Service` for group serving.knative.dev. */
import { definitionName } from '@slipway/core/api/kubernetes'
import type { ServedResource } from '../served-resource.ts'

const reversed = (group: string): string => group.split('.').reverse().join('.')

export const schemaName = ({
  builtin,
  group,
  version,
  kind,
}: Pick<ServedResource, 'builtin' | 'group' | 'version' | 'kind'>): string =>
  (builtin ? definitionName(group, version, kind) : undefined) ?? `${reversed(group)}.${version}.${kind}`
