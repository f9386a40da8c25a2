/** The replica counts that a CRD's scale subresource names must be counts. Source: k8s.io/apiextensions-apiserver pkg/registry/customresource/validator.go, ValidateScaleSpec */
import { type FieldError, invalid, type KubeObject } from '@slipway/core/api'

const goTypes: Record<string, string> = { string: 'string', boolean: 'bool' }

/** Go's name for a value that is not what was expected. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return goTypes[typeof value] ?? 'map[string]interface {}'
}
const goText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

function replicaErrors(object: KubeObject, path: string): FieldError[] {
  let value: unknown = object
  const wrong = (expected: string) => [
    invalid(path, 0, `${path} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${expected}`),
  ]
  for (const name of path.split('.').slice(1)) {
    if (!isObject(value)) return wrong('map[string]interface{}')
    value = value[name]
    if (value === undefined || value === null) return []
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrong('int64')
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')]
  return value > 2 ** 31 - 1 ? [invalid(path, value, `should be less than or equal to ${2 ** 31 - 1}`)] : []
}

export const scaleErrors = (
  object: KubeObject,
  scale: { specReplicasPath: string; statusReplicasPath: string },
): FieldError[] => [...replicaErrors(object, scale.specReplicasPath), ...replicaErrors(object, scale.statusReplicasPath)]
