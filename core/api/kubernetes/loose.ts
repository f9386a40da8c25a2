import type { KubeObject } from '../meta.ts'

/** A value of one of Kubernetes' types, which `decode` has checked: its fields have the types of the API reference. Never part of an exported signature. */
// biome-ignore lint/suspicious/noExplicitAny: forty types are read field by field; declaring each again would say less than the reference does
export type Loose = Record<string, any>
export type LooseObject = KubeObject & Loose

/** The list, or nothing to go over. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const each = (list: any[] | null | undefined): Loose[] => list ?? []
