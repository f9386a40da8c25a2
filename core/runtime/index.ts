export { applyChild, completeChild, needsApply } from './apply-child.ts'
export { canonicalJson, hashOf, includesJson, sameJson } from './canonical.ts'
export { type Controllers, type ControllersOptions, readerOf, startControllers } from './controllers.ts'
export { reconciler } from './declared-reconciler.ts'
export { type EventRecorder, eventRecorder } from './events.ts'
export {
  type DeclaredReconciler,
  type Desired,
  type Reader,
  type ReconcileContext,
  type Reconciler,
  type Result,
  type SeededChild,
  TerminalError,
  type Watch,
  watch,
} from './reconciler.ts'
export { type WorkQueue, type WorkQueueOptions, workQueue } from './work-queue.ts'
