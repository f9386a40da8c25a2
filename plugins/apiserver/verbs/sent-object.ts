/** The object in a request's body. */
import { type Document, parseObject } from '../decode/parse-document.ts'
import type { Call } from './call.ts'

/**
 * @param kind of the body where it is not the resource's own: `Scale`, `Binding`
 * @throws StatusError 400, 413, 415
 */
export async function sentObject(call: Call, kind?: string): Promise<Document & { value: Record<string, unknown> }> {
  const custom = kind === undefined && !call.resource.builtin
  return parseObject(await call.body(), call.headers['content-type'], { kind: kind ?? call.resource.kind, custom })
}
