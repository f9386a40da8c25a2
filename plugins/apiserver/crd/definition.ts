import type { JsonSchema, KubeObject, ObjectMeta } from '@slipway/core/api'

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as far as the server reads it. */
export interface CustomResourceDefinition extends KubeObject {
  metadata: ObjectMeta
  spec: {
    group: string
    names: CrdNames
    scope: 'Namespaced' | 'Cluster'
    versions: CrdVersion[]
    conversion?: { strategy: 'None' | 'Webhook'; webhook?: { conversionReviewVersions?: string[] } }
    preserveUnknownFields?: boolean
  }
  status?: {
    conditions?: CrdCondition[]
    acceptedNames?: CrdNames
    storedVersions?: string[]
  }
}

export interface CrdNames {
  plural: string
  singular?: string
  kind: string
  listKind?: string
  shortNames?: string[]
  categories?: string[]
}

export interface CrdVersion {
  name: string
  served: boolean
  storage: boolean
  deprecated?: boolean
  deprecationWarning?: string
  schema?: { openAPIV3Schema?: JsonSchema }
  subresources?: {
    status?: Record<string, never>
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  }
  additionalPrinterColumns?: {
    name: string
    type: string
    format?: string
    description?: string
    priority?: number
    jsonPath: string
  }[]
  selectableFields?: { jsonPath: string }[]
}

export interface CrdCondition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastTransitionTime: string
}
