/** The pods that a Job starts. Pure. Source: manageJob, addCompletionIndexEnvVariables of pkg/controller/job */
import type { k8s } from '@slipway/core/api'
import { suffixed, suffixOf } from '../pods/name-suffix.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { completionIndexKey, failureCountKey, failuresOfIndex } from './job-pods.ts'
import { trackingFinalizer } from './tracking.ts'

/**
 * Names follow from the Job's uid and how many pods it has had, so that a creation whose answer was lost is not made twice:
 * the next attempt meets the same name.
 */
export function* podNames(job: k8s.Job, had: number, index: number | undefined, taken: Set<string>): Generator<string> {
  const base = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`
  for (let n = had; ; n++) {
    const name = suffixed(base, suffixOf(`${job.metadata.uid}/${index ?? ''}/${n}`))
    if (taken.has(name)) continue
    taken.add(name)
    yield name
  }
}

const withIndexVariable = <C extends { env?: k8s.EnvVar[] }>(containers: C[] | undefined): C[] | undefined =>
  containers?.map(container =>
    container.env?.some(e => e.name === 'JOB_COMPLETION_INDEX')
      ? container
      : {
          ...container,
          env: [
            ...(container.env ?? []),
            { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${completionIndexKey}']` } } },
          ],
        },
  )

function indexedSpec(job: k8s.Job, index: number): Partial<k8s.PodSpec> {
  const { containers, initContainers } = job.spec.template.spec!
  const inits = withIndexVariable(initContainers)
  return {
    containers: withIndexVariable(containers)!,
    ...(inits && { initContainers: inits }),
    hostname: `${job.metadata.name.slice(0, 62 - String(index).length)}-${index}`,
  }
}

/** @param failures the Job's failed pods, whose number per index the replacement carries on */
export function jobPod(job: k8s.Job, name: string, index: number | undefined, failures: k8s.Pod[]): k8s.Pod {
  const uid = job.metadata.uid ?? ''
  const indexText = index === undefined ? undefined : String(index)
  return podFromTemplate(job.spec.template, job, {
    name,
    finalizers: [trackingFinalizer],
    labels: {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': job.metadata.name,
      'controller-uid': uid,
      'job-name': job.metadata.name,
      ...(indexText !== undefined && { [completionIndexKey]: indexText }),
    },
    annotations: {
      ...(indexText !== undefined && { [completionIndexKey]: indexText }),
      ...(index !== undefined &&
        job.spec.backoffLimitPerIndex !== undefined && { [failureCountKey]: String(failuresOfIndex(index, job, failures)) }),
    },
    ...(index !== undefined && { spec: indexedSpec(job, index) }),
  })
}
