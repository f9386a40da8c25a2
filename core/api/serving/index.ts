import type { Kind } from '../kind.ts'
import { Configuration } from './configuration.ts'
import { Ingress } from './ingress.ts'
import { PodAutoscaler } from './pod-autoscaler.ts'
import { Revision } from './revision.ts'
import { Route } from './route.ts'
import { ServerlessService } from './serverless-service.ts'
import { Service } from './service.ts'
import { ConfigurationV1alpha1, RevisionV1alpha1, RouteV1alpha1, ServiceV1alpha1 } from './v1alpha1.ts'

export { Configuration, type ConfigurationSpec } from './configuration.ts'
export { annotations, labels, servingGroup } from './group.ts'
export { Ingress, type IngressRule, type IngressSplit } from './ingress.ts'
export { PodAutoscaler } from './pod-autoscaler.ts'
export { Revision } from './revision.ts'
export { defaultPort, servingContainer } from './revision-defaults.ts'
export type { RevisionSpec, RevisionTemplate } from './revision-spec.ts'
export { Route } from './route.ts'
export { ServerlessService } from './serverless-service.ts'
export { Service } from './service.ts'
export type { TrafficTarget } from './traffic.ts'
export const servingKinds: Kind[] = [
  Service,
  Configuration,
  Revision,
  Route,
  ServiceV1alpha1,
  ConfigurationV1alpha1,
  RevisionV1alpha1,
  RouteV1alpha1,
  PodAutoscaler,
  Ingress,
  ServerlessService,
] as unknown as Kind[]
