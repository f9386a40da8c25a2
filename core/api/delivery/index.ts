/** slipway.dev/v1alpha1: Repository and Rollout. */
import type { Kind } from '../kind.ts'
import { Repository } from './repository.ts'
import { Rollout } from './rollout.ts'

export { type BranchStatus, Repository, type RepositoryStatus } from './repository.ts'
export { Rollout, type RolloutStatus, type RolloutStep, rolloutSteps, validateRolloutSteps } from './rollout.ts'

export const deliveryKinds: Kind[] = [Repository as unknown as Kind, Rollout as unknown as Kind]
