/** Taints and tolerations. Pure. Source: k8s.io/api core/v1 Toleration.ToleratesTaint */
import type { k8s } from '@slipway/core/api'

export type Taint = NonNullable<NonNullable<k8s.Node['spec']>['taints']>[number]
export type Toleration = NonNullable<k8s.PodSpec['tolerations']>[number]

export const notReadyKey = 'node.kubernetes.io/not-ready'
export const unreachableKey = 'node.kubernetes.io/unreachable'

/** An empty key tolerates every key, an empty effect every effect. */
export const tolerates = (toleration: Toleration, taint: Taint): boolean =>
  (!toleration.effect || toleration.effect === taint.effect) &&
  (!toleration.key || toleration.key === taint.key) &&
  (toleration.operator === 'Exists' || (toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '')))

/** The first taint of the given effects that none of the tolerations covers. */
export const untolerated = (taints: Taint[] | undefined, tolerations: Toleration[], effects: string[]): Taint | undefined =>
  taints?.find(taint => effects.includes(taint.effect) && !tolerations.some(t => tolerates(t, taint)))
