/**
 * Drains the pushes queue: records what each push leads to, and makes its Build, one a commit. All that follows is the reconcilers' work.
 * Doing a job twice changes nothing: names are derived, times only move forward.
 */
import { isStatus } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { Repository } from '@slipway/core/api/delivery'
import type { Api } from '@slipway/core/client'
import { deliveryAnnotations as annotations, type Push } from '@slipway/core/delivery'
import { JobFailure, type JobHandler } from '@slipway/core/queue'
import { buildOfPush, buildProblem, type Installation, pushAnnotations, pushedAtOf } from './build-of-push.ts'
import { decidePush, type PushDecision } from './push-filter.ts'

export interface PushWorkerOptions {
  api: Api
  installation: Installation
}
const fieldManager = 'push-worker'
const gone = (message: string) => new JobFailure({ retry: 'never', blame: 'user', reason: 'RepositoryNotFound', message })

export function pushWorker({ api, installation }: PushWorkerOptions): JobHandler<Push> {
  /** What the newest push led to, also where that is nothing. An older one that comes late is not news. */
  async function record(repository: Repository, push: Push, decision: PushDecision): Promise<void> {
    const at = pushedAtOf(push)
    if ((repository.status?.lastPush?.at ?? '') > at) return
    const lastPush = { ref: push.ref, commit: push.commit, at, reason: null, message: null, ...decision }
    await api.patch(Repository, repository.metadata, 'merge', { status: { lastPush } }, { subresource: 'status', fieldManager })
  }

  async function build(repository: Repository, push: Push): Promise<void> {
    const wanted = buildOfPush(repository, push, installation)
    try {
      await api.create(Build, wanted, { fieldManager })
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error
      // A push that comes back to a commit: it is built already, and is now the newest again.
      const existing = await api.get(Build, wanted.metadata)
      if ((existing.metadata.annotations?.[annotations.pushedAt] ?? '') >= pushedAtOf(push)) return
      const { resourceVersion } = existing.metadata
      await api.patch(
        Build,
        wanted.metadata,
        'merge',
        { metadata: { resourceVersion, annotations: pushAnnotations(push) } },
        { fieldManager },
      )
    }
  }

  return async (push, { log }) => {
    const ref = { namespace: push.namespace, name: push.repository }
    const repository = await api.find(Repository, ref)
    if (!repository || repository.metadata.deletionTimestamp)
      throw gone(`there is no Repository "${ref.name}" in namespace ${ref.namespace}`)
    const problem = buildProblem(repository, installation)
    const decided = decidePush(repository, push)
    const decision: PushDecision =
      problem && decided.outcome === 'Built' ? { outcome: 'Ignored', reason: 'CannotBuild', message: problem } : decided
    if (decision.outcome === 'Built') {
      try {
        await build(repository, push)
      } catch (error) {
        if (!isStatus(error, 'Invalid')) throw error
        await record(repository, push, { outcome: 'Ignored', reason: 'BuildInvalid', message: error.message })
        throw new JobFailure({ retry: 'never', blame: 'user', reason: 'BuildInvalid', message: error.message }, error)
      }
    }
    await record(repository, push, decision)
    log.info({ ...ref, ref: push.ref, commit: push.commit, ...decision }, 'push taken up')
  }
}
