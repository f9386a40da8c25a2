/** What reporters of pushes, the delivery controller and the command line agree on. */

export { type BuildProgressOptions, buildProgress } from './build-progress.ts'
export { buildNameOf, deliveryAnnotations, deliveryLabels, longestName, nameProblem, revisionNameOf } from './names.ts'
export { branchOf, builtAs, isDeletion, type Push, pushJob, zeroCommit } from './push-job.ts'
export { type FollowedPush, type PushProgressOptions, pushProgress } from './push-progress.ts'
