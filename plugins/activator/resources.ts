/** Resources for the client without their schemas: the data plane's process stays small. */
import type { ResourceKind } from '@slipway/core/api'
import type { Revision } from '@slipway/core/api/serving'

export const revisionKind: ResourceKind<Revision> = {
  group: 'serving.knative.dev',
  version: 'v1',
  kind: 'Revision',
  resource: 'revisions',
  namespaced: true,
}
/** On each pod of a revision. */
export const revisionLabel = 'serving.knative.dev/revision'
