/** What the field manager needs to know of one write to one resource. */
import type { KubeObject } from '@slipway/core/api'
import type { FieldManagerContext } from '../apply/field-manager.ts'
import { emptySet, type FieldSet, setOf } from '../apply/field-set.ts'
import { wholeSchema } from '../apply/shape.ts'
import type { ServedResource } from '../served-resource.ts'
import { apiVersionServed } from './stored.ts'

const blanks = new WeakMap<ServedResource, KubeObject>()

/** An object of which nothing was stated. */
export function blankObject(resource: ServedResource): KubeObject {
  let blank = blanks.get(resource)
  if (!blank) {
    blank = { apiVersion: apiVersionServed(resource), kind: resource.kind, metadata: {} } as unknown as KubeObject
    resource.decode?.(blank)
    blanks.set(resource, blank)
  }
  return blank
}

const status = setOf('status')
const nothing = emptySet()
const throughStatus = setOf('spec')

/** Fields that an endpoint does not write. Source: the GetResetFields of the strategies */
function resetFields(resource: ServedResource, subresource: string): FieldSet {
  if (subresource === 'status') return throughStatus
  return resource.hasStatus ? status : nothing
}

export const fieldContext = (
  resource: ServedResource,
  manager: string,
  subresource: string,
  now: number,
): FieldManagerContext => ({
  schema: wholeSchema(resource.schema),
  blank: blankObject(resource),
  manager,
  apiVersion: apiVersionServed(resource),
  subresource,
  reset: resetFields(resource, subresource),
  now,
})
