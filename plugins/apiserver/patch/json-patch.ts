/** JSON Patch, RFC 6902, with the refusals of kube-apiserver. The only importer of fast-json-patch. */
import { badRequest, StatusError } from '@slipway/core/api'
import jsonpatch, { type Operation } from 'fast-json-patch'

/** Source: apiserver pkg/endpoints/handlers/patch.go maxJSONPatchOperations */
const maxOperations = 10_000

/**
 * @param target changed in place
 * @throws StatusError 400 when it is not a patch, 413 when it is too long, 422 when an operation cannot be done or a test fails
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp')
  if (patch.length > maxOperations)
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    )
  try {
    return jsonpatch.applyPatch(target, patch as Operation[], true, true, true).newDocument
  } catch {
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}
