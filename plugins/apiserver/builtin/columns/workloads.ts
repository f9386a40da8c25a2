/** Columns of everything that makes pods. Source: pkg/printers/internalversion/printers.go */
import { ageSince, humanDuration } from '../../table/age.ts'
import { age, count, type Loose, text, wide } from './column.ts'
import { containerColumns, formatLabels, formatSelector, none, selectorText, unset } from './format.ts'

const podContainers = (o: Loose) => o.spec?.template?.spec?.containers
const conditionTrue = (o: Loose, type: string) =>
  o.status?.conditions?.some((c: { type: string; status: string }) => c.type === type && c.status === 'True')

export const deploymentColumns = [
  text('Ready', o => `${o.status?.readyReplicas ?? 0}/${o.spec.replicas ?? 0}`, 'Number of the pod with ready state'),
  {
    ...count('Up-to-date', o => o.status?.updatedReplicas, '@apps.v1.DeploymentStatus/updatedReplicas'),
    type: 'string' as const,
  },
  {
    ...count('Available', o => o.status?.availableReplicas, '@apps.v1.DeploymentStatus/availableReplicas'),
    type: 'string' as const,
  },
  age,
  ...containerColumns(podContainers),
  wide(
    'Selector',
    o => selectorText(o.spec.selector),
    'Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.',
  ),
]

const replicaCounts = [
  count('Desired', o => o.spec.replicas, '@apps.v1.ReplicaSetSpec/replicas'),
  count('Current', o => o.status?.replicas, '@apps.v1.ReplicaSetStatus/replicas'),
  count('Ready', o => o.status?.readyReplicas, '@apps.v1.ReplicaSetStatus/readyReplicas'),
  age,
  ...containerColumns(podContainers),
]
export const replicaSetColumns = [
  ...replicaCounts,
  wide(
    'Selector',
    o => formatSelector(o.spec.selector),
    'Selector is a label query over pods that should match the replica count. If the selector is empty, it is defaulted to the labels present on the pod template. Label keys and values that must match in order to be controlled by this replica set. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
  ),
]
export const replicationControllerColumns = [
  ...replicaCounts,
  wide('Selector', o => formatLabels(o.spec.selector), '@core.v1.ReplicationControllerSpec/selector'),
]

export const statefulSetColumns = [
  text('Ready', o => `${o.status?.readyReplicas ?? 0}/${o.spec.replicas ?? 0}`, 'Number of the pod with ready state'),
  age,
  ...containerColumns(podContainers),
]

export const daemonSetColumns = [
  count('Desired', o => o.status?.desiredNumberScheduled, '@apps.v1.DaemonSetStatus/desiredNumberScheduled'),
  count('Current', o => o.status?.currentNumberScheduled, '@apps.v1.DaemonSetStatus/currentNumberScheduled'),
  count(
    'Ready',
    o => o.status?.numberReady,
    'The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.',
  ),
  count('Up-to-date', o => o.status?.updatedNumberScheduled, '@apps.v1.DaemonSetStatus/updatedNumberScheduled'),
  count('Available', o => o.status?.numberAvailable, '@apps.v1.DaemonSetStatus/numberAvailable'),
  text('Node Selector', o => formatLabels(o.spec.template.spec?.nodeSelector), '@core.v1.PodSpec/nodeSelector'),
  age,
  ...containerColumns(podContainers),
  wide(
    'Selector',
    o => formatSelector(o.spec.selector),
    'A label query over pods that are managed by the daemon set. Must match in order to be controlled. If empty, defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
  ),
]

function jobStatus(o: Loose): string {
  if (conditionTrue(o, 'Complete')) return 'Complete'
  if (conditionTrue(o, 'Failed')) return 'Failed'
  if (o.metadata.deletionTimestamp) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(type => conditionTrue(o, type)) ?? 'Running'
}

function completions({ spec, status }: Loose): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  return spec.parallelism > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`
}

function jobDuration({ status }: Loose, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}

export const jobColumns = [
  text('Status', jobStatus, 'Status of the job.'),
  text('Completions', completions, '@batch.v1.JobStatus/succeeded'),
  text('Duration', jobDuration, 'Time required to complete the job.'),
  age,
  ...containerColumns(podContainers),
  wide('Selector', o => formatSelector(o.spec.selector), '@batch.v1.JobSpec/selector'),
]

const boolText = (value: boolean | undefined) => (value === undefined ? unset : value ? 'True' : 'False')

export const cronJobColumns = [
  text('Schedule', o => o.spec.schedule, '@batch.v1.CronJobSpec/schedule'),
  text('Timezone', o => o.spec.timeZone ?? none, '@batch.v1.CronJobSpec/timeZone'),
  { ...text('Suspend', o => boolText(o.spec.suspend), '@batch.v1.CronJobSpec/suspend'), type: 'boolean' as const },
  count('Active', o => o.status?.active?.length, '@batch.v1.CronJobStatus/active'),
  text(
    'Last Schedule',
    (o, now) => (o.status?.lastScheduleTime ? ageSince(o.status.lastScheduleTime, now) : none),
    '@batch.v1.CronJobStatus/lastScheduleTime',
  ),
  age,
  ...containerColumns(o => o.spec.jobTemplate.spec.template?.spec?.containers),
  wide('Selector', o => formatSelector(o.spec.jobTemplate.spec.selector), '@batch.v1.JobSpec/selector'),
]

export const podTemplateColumns = [
  ...containerColumns(o => o.template?.spec?.containers).map(({ priority: _, ...column }) => column),
  text('Pod Labels', o => formatLabels(o.template?.metadata?.labels), 'The labels for the pod template.'),
]

export const controllerRevisionColumns = [
  text('Controller', controllerName, 'Controller of the object'),
  { ...count('Revision', o => o.revision, '@apps.v1.ControllerRevision/revision'), type: 'string' as const },
  age,
]

function controllerName(o: Loose): string {
  const ref = o.metadata.ownerReferences?.find(r => r.controller)
  if (!ref) return none
  const group = ref.apiVersion.includes('/') ? `.${ref.apiVersion.split('/')[0]}` : ''
  return `${ref.kind.toLowerCase()}${group}/${ref.name}`
}

export const podDisruptionBudgetColumns = [
  text(
    'Min Available',
    o => (o.spec.minAvailable === undefined ? 'N/A' : String(o.spec.minAvailable)),
    'The minimum number of pods that must be available.',
  ),
  text(
    'Max Unavailable',
    o => (o.spec.maxUnavailable === undefined ? 'N/A' : String(o.spec.maxUnavailable)),
    'The maximum number of pods that may be unavailable.',
  ),
  count(
    'Allowed Disruptions',
    o => o.status?.disruptionsAllowed,
    'Calculated number of pods that may be disrupted at this time.',
  ),
  age,
]
