/** Keeps what a Repository released as it should be: Service, Rollout, the history of Builds, and the status that people read. */
import { isStatus } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { Repository, Rollout } from '@slipway/core/api/delivery'
import { Service } from '@slipway/core/api/serving'
import { deliveryLabels as labels } from '@slipway/core/delivery'
import { applyChild, type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { desiredRepository, type RepositoryDecision } from './repository.desired.ts'
import { releaseAnnotations, serviceNameOf, serviceOf } from './service-of-release.ts'

const fieldManager = 'repository-controller'
const ignoreNotFound = (error: unknown) => {
  if (!isStatus(error, 'NotFound')) throw error
}

/** The Service's template and the note of what it is change together, and only if the Service is still as it was seen. */
async function release(
  repository: Repository,
  service: Service | undefined,
  decision: RepositoryDecision,
  { api, event }: ReconcileContext,
) {
  const { build, template } = decision.release!
  const revision = template.metadata.name
  if (!service)
    await api.create(Service, serviceOf(repository, build, template, decision.rollout !== undefined), { fieldManager })
  else {
    const { resourceVersion } = service.metadata
    const patch = {
      metadata: { resourceVersion, annotations: releaseAnnotations(build, revision) },
      spec: { template: replaced(service, template) },
    }
    await api.patch(Service, service.metadata, 'merge', patch, { fieldManager })
  }
  event(
    repository,
    'Normal',
    'Released',
    `revision ${revision} of Service "${serviceNameOf(repository)}" from ${build.metadata.name}`,
  )
}

/** A merge patch keeps what it does not name: fields that the new template has not are taken away by null. */
function replaced(service: Service, template: object): object {
  const nulls = (now: Record<string, unknown>, wanted: Record<string, unknown>): Record<string, unknown> => ({
    ...Object.fromEntries(Object.keys(now).flatMap(key => (key in wanted ? [] : [[key, null]]))),
    ...wanted,
  })
  const { metadata = {}, spec } = service.spec.template
  const wanted = template as { metadata: Record<string, unknown>; spec: Record<string, unknown> }
  const annotations = {
    ...Object.fromEntries(Object.keys(metadata.annotations ?? {}).map(k => [k, null])),
    ...(wanted.metadata.annotations as object),
  }
  return { metadata: { ...wanted.metadata, annotations }, spec: nulls(spec as unknown as Record<string, unknown>, wanted.spec) }
}

async function endRollout(rollout: Rollout, service: Service | undefined, { api }: ReconcileContext): Promise<void> {
  // Traffic first: a Rollout that is gone with its traffic still split would leave it so.
  if (service) {
    const { resourceVersion } = service.metadata
    const traffic = [{ latestRevision: true, percent: 100 }]
    await api.patch(Service, service.metadata, 'merge', { metadata: { resourceVersion }, spec: { traffic } }, { fieldManager })
  }
  await api.delete(Rollout, rollout.metadata, { uid: rollout.metadata.uid! }).catch(ignoreNotFound)
}

const keyOfLabel = ({ metadata }: { metadata: { namespace?: string; labels?: Record<string, string> } }): string[] => {
  const name = metadata.labels?.[labels.repository]
  return name ? [`${metadata.namespace}/${name}`] : []
}

export const repositoryReconciler: Reconciler<Repository> = {
  name: fieldManager,
  kind: Repository,
  owns: [Service, Rollout],
  watches: [
    watch(Build, keyOfLabel),
    // A Rollout that a Repository only refers to.
    watch(Rollout, (rollout, read) =>
      read
        .list(Repository, rollout.metadata.namespace)
        .filter(r => serviceNameOf(r) === rollout.spec.serviceRef.name)
        .map(r => `${r.metadata.namespace}/${r.metadata.name}`),
    ),
  ],
  async reconcile(repository, context) {
    if (!repository || repository.metadata.deletionTimestamp) return undefined
    const { read, api, now } = context
    const { namespace, name } = repository.metadata
    const service = read.get(Service, namespace, serviceNameOf(repository))
    const rollout = read.list(Rollout, namespace).find(r => r.spec.serviceRef.name === serviceNameOf(repository))
    const builds = read.list(Build, namespace, { [labels.repository]: name })
    const decision = desiredRepository({ repository, builds, service, rollout }, now)
    if (decision.rollout) {
      const observed = read.get(Rollout, namespace, decision.rollout.metadata.name)
      await applyChild(Rollout, decision.rollout, observed, { api, owner: repository, fieldManager })
    }
    if (decision.release) await release(repository, service, decision, context)
    if (decision.endRollout) await endRollout(rollout!, service, context)
    for (const expired of decision.expired)
      await api.delete(Build, { namespace: namespace!, name: expired }, { propagation: 'Background' }).catch(ignoreNotFound)
    if (!sameJson(repository.status ?? {}, decision.status))
      await api.updateStatus(Repository, { ...repository, status: decision.status }, { fieldManager }).catch(ignoreNotFound)
    return undefined
  },
}
