/** A Configuration makes a Revision for each of its generations. Source: knative.dev/serving pkg/reconciler/configuration */
import { conditionOf, conditionSet, no, objectOf, type Verdict, waiting, yes } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { annotations, type Configuration, labels, Revision, servingContainer } from '@slipway/core/api/serving'
import type { Desired } from '@slipway/core/runtime'
import { buildName, revisionName } from './names.ts'

export interface ConfigurationView {
  configuration: Configuration
  /** All of this configuration. */
  revisions: Revision[]
  /** Of the present generation, where the configuration builds its image. */
  build: Build | undefined
  /** The object that has the name of the present generation's revision, whoever made it. */
  named: Revision | undefined
}

const conditions = conditionSet('Ready', [])
const nameOf = ({ spec, metadata }: Configuration) =>
  spec.template.metadata?.name ?? revisionName(metadata.name, metadata.generation!)
const generationOf = (revision: Revision) => Number(revision.metadata.labels?.[labels.configurationGeneration] ?? 0)
const isReady = (revision: Revision) => conditionOf(revision.status?.conditions, 'Ready')?.status === 'True'

export function buildOf(configuration: Configuration): Build {
  const { name, namespace, generation } = configuration.metadata
  return objectOf(Build, {
    metadata: { name: buildName(name, generation!), ...(namespace && { namespace }), labels: { [labels.configuration]: name } },
    spec: configuration.spec.build!,
  })
}

/** The Revision of the present generation. @param image what a build made, in place of the template's */
export function revisionOf(configuration: Configuration, image?: string): Revision {
  const { metadata, spec } = configuration
  const { labels: ownLabels = {}, annotations: given = {} } = metadata
  const { metadata: meta, spec: template } = spec.template
  const serving = servingContainer(template)
  const containers = image ? template.containers.map(c => (c === serving ? { ...c, image } : c)) : template.containers
  const service = ownLabels[labels.service]
  const serviceUid = ownLabels[labels.serviceUid]
  const creator = given[annotations.creator]
  return objectOf(Revision, {
    metadata: {
      name: nameOf(configuration),
      namespace: metadata.namespace!,
      labels: {
        ...meta?.labels,
        ...(service && { [labels.service]: service }),
        ...(serviceUid && { [labels.serviceUid]: serviceUid }),
        [labels.configuration]: metadata.name,
        [labels.configurationUid]: metadata.uid!,
        [labels.configurationGeneration]: String(metadata.generation),
        [labels.routingState]: 'pending',
      },
      annotations: { ...meta?.annotations, ...(creator && { [annotations.creator]: creator }) },
    },
    spec: { ...template, containers },
  })
}

/** What the build says: an image, or a verdict while there is none. */
function built({ configuration, build }: ConfigurationView): { image?: string; verdict?: Verdict } {
  if (!configuration.spec.build) return {}
  const succeeded = conditionOf(build?.status?.conditions, 'Succeeded')
  const { name, digest } = build?.status?.image ?? {}
  if (succeeded?.status === 'False')
    return {
      verdict: no(
        'BuildFailed',
        `Build "${build!.metadata.name}" failed: ${succeeded.message ?? succeeded.reason ?? 'see its log'}`,
      ),
    }
  if (succeeded?.status !== 'True') return { verdict: waiting('Building', succeeded?.message ?? 'The image is being built.') }
  if (!name)
    return { verdict: no('BuildGaveNoImage', `Build "${build!.metadata.name}" succeeded, but pushed no image that it told of`) }
  return { image: digest ? `${name.replace(/(:[^/:@]+)?(@.*)?$/, '')}@${digest}` : name }
}

function readyVerdict(latest: Revision | undefined): Verdict {
  const ready = conditionOf(latest?.status?.conditions, 'Ready')
  if (ready?.status === 'True') return yes()
  if (ready?.status === 'False')
    return no(
      'RevisionFailed',
      `Revision "${latest!.metadata.name}" failed with message: ${ready.message ?? ready.reason ?? ''}.`,
    )
  return waiting(ready?.reason ?? '', ready?.message ?? '')
}

/** The newest ready revision, never older than what was the newest ready one before. */
function latestReady({ configuration, revisions }: ConfigurationView): string | undefined {
  const before = configuration.status?.latestReadyRevisionName
  const floor = generationOf(revisions.find(r => r.metadata.name === before) ?? ({ metadata: {} } as Revision))
  const candidates = revisions
    .filter(r => isReady(r) && generationOf(r) >= floor)
    .sort((a, b) => generationOf(b) - generationOf(a))
  return candidates[0]?.metadata.name ?? before
}

export function desiredConfiguration(view: ConfigurationView, now: number): Desired<Configuration> {
  const { configuration, named, revisions } = view
  const { generation, uid } = configuration.metadata
  const isMine = named?.metadata.ownerReferences?.some(owner => owner.uid === uid)
  const { image, verdict: building } = built(view)
  const current = isMine ? named : undefined
  const taken = named && !isMine
  const problem = taken
    ? no(
        'RevisionFailed',
        `Revision creation failed with message: revisions.serving.knative.dev "${nameOf(configuration)}" already exists.`,
      )
    : undefined
  const verdict = problem ?? (current ? readyVerdict(current) : (building ?? waiting()))
  const ready = latestReady({ ...view, revisions })
  const createdName =
    current?.metadata.name ?? (building || problem ? configuration.status?.latestCreatedRevisionName : nameOf(configuration))
  return {
    children: [
      ...(configuration.spec.build && !view.build ? [buildOf(configuration)] : []),
      // A Revision is made once: it is immutable, so there is nothing to apply later.
      ...(named || building ? [] : [revisionOf(configuration, image)]),
    ],
    status: {
      observedGeneration: generation!,
      conditions: conditions.next(configuration.status?.conditions, { Ready: verdict }, now),
      ...(createdName && { latestCreatedRevisionName: createdName }),
      ...(ready && { latestReadyRevisionName: ready }),
      ...(configuration.spec.build && { latestBuildName: buildOf(configuration).metadata.name }),
    },
  }
}
