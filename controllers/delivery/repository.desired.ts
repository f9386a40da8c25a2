/** From a Repository and its Builds to its release: what the Service and the Rollout should be, which Builds go, and the status. Pure. */
import {
  conditionOf,
  conditionSet,
  controllerOf,
  type KubeObject,
  no,
  objectOf,
  type Verdict,
  waiting,
  yes,
} from '@slipway/core/api'
import type { Build } from '@slipway/core/api/build'
import { type BranchStatus, type Repository, type RepositoryStatus, Rollout } from '@slipway/core/api/delivery'
import type { RevisionTemplate, Service } from '@slipway/core/api/serving'
import { deliveryAnnotations } from '@slipway/core/delivery'
import { matchesBranch } from './push-filter.ts'
import { commitOf, pinnedImage, releasedAnnotation, serviceNameOf, templateOf } from './service-of-release.ts'

export interface RepositoryView {
  repository: Repository
  /** All that carry the repository's label. */
  builds: Build[]
  service: Service | undefined
  /** The Service's, whoever made it. */
  rollout: Rollout | undefined
}
export interface RepositoryDecision {
  /** To be created or released now; absent when the Service has it already or there is nothing to release. */
  release?: { build: Build; template: RevisionTemplate & { metadata: { name: string } } }
  /** The Rollout that the Repository itself keeps. */
  rollout?: Rollout
  /** The Repository's Rollout is no longer wanted: the Service follows its latest revision again. */
  endRollout: boolean
  /** Names of Builds beyond the history's limit. */
  expired: string[]
  status: RepositoryStatus
}

const conditions = conditionSet('Ready', ['Built', 'Released'])
const pushedAt = (build: Build) => build.metadata.annotations?.[deliveryAnnotations.pushedAt] ?? ''
const branchOfBuild = (build: Build) => build.metadata.annotations?.[deliveryAnnotations.branch] ?? ''
const succeeded = (build: Build) => conditionOf(build.status?.conditions, 'Succeeded')
const belongsTo = (object: KubeObject, owner: KubeObject) => controllerOf(object)?.uid === owner.metadata.uid

/** Newest push first; a tie is broken by name, so that every look sees the same. */
const byPush = (builds: Build[]) =>
  [...builds].sort((a, b) => pushedAt(b).localeCompare(pushedAt(a)) || a.metadata.name.localeCompare(b.metadata.name))

function branchStatus(repository: Repository, build: Build): BranchStatus {
  const { status, reason, message } = succeeded(build) ?? { status: 'Unknown' }
  const image = pinnedImage(build)
  const began = build.status?.startTime !== undefined
  return {
    name: branchOfBuild(build),
    commit: commitOf(build),
    pushedAt: pushedAt(build),
    build: build.metadata.name,
    result: status === 'True' ? 'Succeeded' : status === 'False' ? 'Failed' : began ? 'Building' : 'Pending',
    ...(status !== 'True' && reason && { reason }),
    ...(status !== 'True' && message && { message }),
    ...(status === 'True' && image && { image, revision: templateOf(repository, build, image).metadata.name }),
  }
}

function builtVerdict(newest: Build | undefined): Verdict {
  if (!newest) return waiting('NothingPushed', 'nothing has been pushed yet to a branch that is built')
  const { status, reason = '', message = '' } = succeeded(newest) ?? { status: 'Unknown' as const }
  const commit = commitOf(newest).slice(0, 7)
  if (status === 'False') return no(reason || 'BuildFailed', `build of ${commit} failed: ${message}`)
  if (status === 'Unknown') return waiting(reason || 'Building', `building ${commit}`)
  if (!pinnedImage(newest)) return no('ImageUnknown', `build ${newest.metadata.name} succeeded but told no image with a digest`)
  return yes()
}

function releasedVerdict({ repository, service, rollout }: RepositoryView, wanted: string | undefined): Verdict {
  if (!repository.spec.release.enabled) return yes()
  if (!service) return waiting('NothingReleased', wanted ? `releasing ${wanted}` : 'there is no image to release yet')
  if (!belongsTo(service, repository))
    return no(
      'ServiceTaken',
      `Service "${service.metadata.name}" exists and does not belong to this Repository; delete it, or set spec.release.service`,
    )
  if (wanted && service.metadata.annotations?.[releasedAnnotation] !== wanted) return waiting('Releasing', `releasing ${wanted}`)
  const { phase, message = '', candidateRevision } = rollout?.status ?? {}
  if (phase === 'Degraded') return no('RolledBack', message)
  if (candidateRevision && (phase === 'Progressing' || phase === 'Paused')) return waiting('RollingOut', message)
  const ready = conditionOf(service.status?.conditions, 'Ready')
  if (!ready || service.status?.observedGeneration !== service.metadata.generation) return waiting('Releasing', '')
  if (ready.status === 'False') return no(ready.reason ?? 'ServiceNotReady', ready.message ?? '')
  return ready.status === 'True' ? yes() : waiting(ready.reason, ready.message)
}

function ownRollout(repository: Repository): Rollout | undefined {
  const { enabled, rollout } = repository.spec.release
  if (!enabled || !rollout || rollout.ref) return undefined
  const service = serviceNameOf(repository)
  const spec = { serviceRef: { name: service }, ...(rollout.steps && { steps: rollout.steps }) }
  return objectOf(Rollout, {
    metadata: { name: service, namespace: repository.metadata.namespace! },
    spec: spec as Rollout['spec'],
  })
}

export function desiredRepository(view: RepositoryView, now: number): RepositoryDecision {
  const { repository, service, rollout } = view
  const { spec, metadata, status: before } = repository
  const builds = byPush(view.builds.filter(b => !b.metadata.deletionTimestamp && pushedAt(b)))
  const counting = builds.filter(b => matchesBranch(spec.branches, branchOfBuild(b)))
  const newest = counting[0]
  // A push that failed to build changes nothing that runs: the newest that succeeded is what is released.
  const chosen = spec.release.enabled ? counting.find(b => succeeded(b)?.status === 'True' && pinnedImage(b)) : undefined
  const template = chosen && templateOf(repository, chosen, pinnedImage(chosen)!)
  const wanted = template?.metadata.name
  const isReleased = !!service && service.metadata.annotations?.[releasedAnnotation] === wanted
  const mayRelease = !service || (belongsTo(service, repository) && !service.metadata.deletionTimestamp)
  const wantedRollout = ownRollout(repository)
  const perBranch = new Map<string, Build>()
  for (const build of counting) if (!perBranch.has(branchOfBuild(build))) perBranch.set(branchOfBuild(build), build)
  const url = service?.status?.url
  return {
    ...(chosen && template && !isReleased && mayRelease && { release: { build: chosen, template } }),
    // Before there is a Service, a Rollout has nothing to do.
    ...(wantedRollout && (service || chosen) && mayRelease && { rollout: wantedRollout }),
    endRollout: !wantedRollout && !!rollout && belongsTo(rollout, repository),
    expired: builds
      .slice(spec.buildHistoryLimit)
      .filter(b => b !== chosen && succeeded(b)?.status !== undefined && succeeded(b)?.status !== 'Unknown')
      .map(b => b.metadata.name),
    status: {
      observedGeneration: metadata.generation ?? 0,
      conditions: conditions.next(
        before?.conditions,
        { Built: builtVerdict(newest), Released: releasedVerdict(view, wanted) },
        now,
      ),
      branches: [...perBranch.values()].map(b => branchStatus(repository, b)).sort((a, b) => a.name.localeCompare(b.name)),
      ...(before?.lastPush && { lastPush: before.lastPush }),
      ...(chosen ? { releasedCommit: commitOf(chosen) } : before?.releasedCommit && { releasedCommit: before.releasedCommit }),
      ...(spec.release.enabled && { service: serviceNameOf(repository) }),
      ...(url && { url }),
    },
  }
}
