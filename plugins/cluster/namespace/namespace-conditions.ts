/** The conditions of a namespace that is being deleted. Pure. Source: pkg/controller/namespace/deletion/status_condition_utils.go */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'

type Condition = NonNullable<NonNullable<k8s.Namespace['status']>['conditions']>[number]

export interface Remaining {
  /** `pods.` or `builds.build.knative.dev` to how many are left. */
  resources: Map<string, number>
  /** A finalizer to on how many objects it stands. */
  finalizers: Map<string, number>
  /** What could not be deleted, and why. */
  failures: string[]
  /** Why the resources could not be listed. */
  discovery?: string
}

const listed = (counts: Map<string, number>, format: (name: string, n: number) => string) =>
  [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, n]) => format(name, n))
    .join(', ')

export function namespaceConditions(before: Condition[] | undefined, left: Remaining, now: number): Condition[] {
  const say = (type: string, bad: boolean, yes: [string, string], no: [string, string]): Condition => {
    const [reason, message] = bad ? yes : no
    const status = bad ? 'True' : 'False'
    const old = before?.find(c => c.type === type)
    const lastTransitionTime = old?.status === status && old.lastTransitionTime ? old.lastTransitionTime : rfc3339(now)
    return { type, status, lastTransitionTime, reason, message }
  }
  const { resources, finalizers, failures, discovery } = left
  return [
    say(
      'NamespaceDeletionDiscoveryFailure',
      discovery !== undefined,
      ['DiscoveryFailed', `Discovery failed for some groups: ${discovery}`],
      ['ResourcesDiscovered', 'All resources successfully discovered'],
    ),
    say(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      ['GroupVersionParsingFailed', ''],
      ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    ),
    say(
      'NamespaceDeletionContentFailure',
      failures.length > 0,
      ['ContentDeletionFailed', `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`],
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    ),
    say(
      'NamespaceContentRemaining',
      resources.size > 0,
      [
        'SomeResourcesRemain',
        `Some resources are remaining: ${listed(resources, (name, n) => `${name} has ${n} resource instances`)}`,
      ],
      ['ContentRemoved', 'All content successfully removed'],
    ),
    say(
      'NamespaceFinalizersRemaining',
      finalizers.size > 0,
      [
        'SomeFinalizersRemain',
        `Some content in the namespace has finalizers remaining: ${listed(finalizers, (name, n) => `${name} in ${n} resource instances`)}`,
      ],
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    ),
  ]
}
