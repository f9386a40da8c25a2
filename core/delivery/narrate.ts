/** What is new to say about a push, given what is seen now and what has been said. Pure; `push-progress.ts` watches and reads the logs. */
import type { Build } from '../api/build/index.ts'
import { conditionOf } from '../api/conditions.ts'
import type { Repository, Rollout } from '../api/delivery/index.ts'
import type { Revision, Service } from '../api/serving/index.ts'

export interface PushSight {
  repository: Repository | undefined
  build: Build | undefined
  service: Service | undefined
  /** The revision that the Repository says this commit became. */
  revision: Revision | undefined
  rollout: Rollout | undefined
}
export interface Told {
  lines: string[]
  /** Nothing more will be said. */
  outcome?: 'Live' | 'Failed' | 'Ignored' | 'Built'
}
/** What has been said; starts empty. */
export type Memory = Set<string>

const heading = (text: string) => `-----> ${text}`
const plain = (text: string) => `       ${text}`
const bad = (text: string) => ` !     ${text}`

/** The commit's entry in the Repository's status, while it is still the newest of its branch. */
export const branchEntry = ({ repository }: Pick<PushSight, 'repository'>, commit: string) =>
  repository?.status?.branches?.find(b => b.commit === commit)

function buildLines({ build }: PushSight): Told & { isBuilt: boolean } {
  const succeeded = conditionOf(build?.status?.conditions, 'Succeeded')
  if (!build) return { lines: [], isBuilt: false }
  const position = build.status?.queued?.position
  const lines: string[] = []
  if (succeeded?.status !== 'True' && position) lines.push(plain(`waiting in the build queue, ${position} ahead`))
  if (build.status?.startTime) lines.unshift(heading(`Building ${build.metadata.name}`))
  if (succeeded?.status === 'False')
    return {
      lines: [
        ...lines,
        bad(`Build failed (${succeeded.reason ?? 'unknown'}): ${succeeded.message ?? ''}`),
        bad('What is running was not touched.'),
      ],
      outcome: 'Failed',
      isBuilt: false,
    }
  if (succeeded?.status !== 'True') return { lines, isBuilt: false }
  const { name = '', digest = '' } = build.status?.image ?? {}
  return { lines: [...lines, heading(`Image ${name}${digest && ` ${digest.slice(0, 19)}…`}`)], isBuilt: true }
}

function releaseLines(sight: PushSight, revision: string): Told {
  const { service, rollout } = sight
  const lines = [heading(`Releasing revision ${revision}`)]
  const ready = conditionOf(sight.revision?.status?.conditions, 'Ready')
  const url = service?.status?.url ?? ''
  const { phase, message = '', stableRevision, candidateRevision, rejectedRevision, weight = 0 } = rollout?.status ?? {}
  if (rollout && rejectedRevision === revision) return { lines: [...lines, bad(message), bad(url)], outcome: 'Failed' }
  if (ready?.status === 'False') {
    lines.push(bad(`Revision ${revision} is not Ready (${ready.reason ?? 'unknown'}): ${ready.message ?? ''}`))
    // With a Rollout the roll-back is still to come; it says where requests go.
    return rollout && stableRevision
      ? { lines }
      : { lines: [...lines, bad('The revisions before it keep all requests.')], outcome: 'Failed' }
  }
  if (ready?.status !== 'True') return { lines }
  lines.push(plain('ready'))
  const live = (share: number) =>
    service?.status?.traffic?.some(t => t.revisionName === revision && (t.percent ?? 0) >= share) ?? false
  if (!rollout) {
    if (!live(100) || conditionOf(service?.status?.conditions, 'Ready')?.status !== 'True') return { lines }
    return { lines: [...lines, plain('has all requests'), heading(url)], outcome: 'Live' }
  }
  if (stableRevision === revision && phase === 'Healthy' && live(100))
    return { lines: [...lines, plain('has all requests'), heading(url)], outcome: 'Live' }
  // A first release has nothing beside it: it is told when it has everything.
  if (candidateRevision !== revision || !stableRevision || weight === 0 || !live(1)) return { lines }
  const step = plain(
    `gets ${weight} % of requests, ${stableRevision} the rest (step ${rollout.status?.step}; follow it: kubectl get rollout ${rollout.metadata.name} -w)`,
  )
  return { lines: [...lines, step, heading(url)], outcome: 'Live' }
}

/** @param pushedAt when the push came in: an older record in the Repository's status is not about it */
export function narrate(sight: PushSight, push: { commit: string; branch: string; pushedAt: string }, said: Memory): Told {
  const { repository } = sight
  const news = ({ lines, outcome }: Told): Told => {
    const fresh = lines.filter(line => !said.has(line))
    for (const line of fresh) said.add(line)
    return { lines: fresh, ...(outcome && { outcome }) }
  }
  const last = repository?.status?.lastPush
  if (last && last.commit === push.commit && last.at >= push.pushedAt && last.outcome !== 'Built')
    return news({ lines: [heading(last.message ?? last.reason ?? '')], outcome: 'Ignored' })
  const { lines, outcome, isBuilt } = buildLines(sight)
  if (outcome) return news({ lines, outcome })
  const newest = repository?.status?.branches?.find(b => b.name === push.branch)
  if (newest && newest.commit !== push.commit && newest.pushedAt > push.pushedAt)
    return news({
      lines: [...lines, heading(`A newer push of ${push.branch} (${newest.commit.slice(0, 7)}) takes over.`)],
      outcome: 'Ignored',
    })
  if (!isBuilt) return news({ lines })
  if (repository && !repository.spec.release.enabled)
    return news({ lines: [...lines, plain('nothing is released (spec.release.enabled)')], outcome: 'Built' })
  const revision = branchEntry(sight, push.commit)?.revision
  const released = conditionOf(repository?.status?.conditions, 'Released')
  if (released?.reason === 'ServiceTaken') return news({ lines: [...lines, bad(released.message ?? '')], outcome: 'Failed' })
  if (!revision) return news({ lines })
  const release = releaseLines(sight, revision)
  return news({ ...release, lines: [...lines, ...release.lines] })
}
