export { connectQueues, type QueueConnection, type QueueConnectionOptions, type RedisAddress } from './connection.ts'
export {
  type DeadLetter,
  deadLetters,
  type QueueCounts,
  queueCounts,
  queuePosition,
  removeDeadLetter,
  retryDeadLetter,
} from './dead-letters.ts'
export { defineJob, type Job, type JobSpec, jobId } from './define-job.ts'
export { type EnqueueOptions, enqueue } from './enqueue.ts'
export { type Failure, failureOf, JobFailure } from './failure.ts'
export { type JobContext, type JobHandler, type RunningWorker, type WorkerOptions, worker } from './worker.ts'
