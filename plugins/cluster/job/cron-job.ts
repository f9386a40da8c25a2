/** The CronJob controller. */
import { controllerOf, isStatus, k8s } from '@slipway/core/api'
import { type ReconcileContext, type Reconciler, sameJson } from '@slipway/core/runtime'
import { isNamespaceLeaving } from '../pods/create-pod.ts'
import { type CronJobPlan, cronJobPlan } from './cron-job.desired.ts'

type CronJob = k8s.CronJob

/** @returns the Job; also the one that an earlier attempt made; undefined where the namespace is on its way out */
async function create(cronJob: CronJob, job: k8s.Job, { api, event }: ReconcileContext): Promise<k8s.Job | undefined> {
  try {
    const made = await api.create(k8s.Job, job)
    event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${made.metadata.name}`)
    return made
  } catch (error) {
    if (isNamespaceLeaving(error)) return undefined
    if (!isStatus(error, 'AlreadyExists')) {
      event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error instanceof Error ? error.message : error}`)
      throw error
    }
    const there = await api.find(k8s.Job, job.metadata)
    if (there && controllerOf(there)?.uid !== cronJob.metadata.uid)
      event(cronJob, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create: ${job.metadata.name}`)
    return there
  }
}

async function remove(cronJob: CronJob, plan: CronJobPlan, { api, event }: ReconcileContext): Promise<void> {
  for (const { metadata } of plan.remove)
    try {
      await api.delete(k8s.Job, metadata, { propagation: 'Background', ...(metadata.uid && { uid: metadata.uid }) })
      event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`)
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
}

export const cronJobReconciler: Reconciler<CronJob> = {
  name: 'cronjob-controller',
  kind: k8s.CronJob,
  owns: [k8s.Job],
  async reconcile(cronJob, context) {
    if (!cronJob) return undefined
    const plan = cronJobPlan(cronJob, context.read.ownedBy(k8s.Job, cronJob), context.now)
    await remove(cronJob, plan, context)
    const job = plan.create && (await create(cronJob, plan.create, context))
    const { namespace, name, uid } = job?.metadata ?? {}
    const active = [
      ...(plan.status.active ?? []),
      ...(job ? [{ apiVersion: 'batch/v1', kind: 'Job', name: name!, namespace: namespace!, uid: uid! }] : []),
    ]
    const status = { ...plan.status, ...(active.length && { active }) }
    if (!sameJson(cronJob.status ?? {}, status)) await context.api.updateStatus(k8s.CronJob, { ...cronJob, status })
    for (const { type, reason, message } of plan.events) context.event(cronJob, type, reason, message)
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs }
  },
}
