/** PATCH: JSON, merge, strategic and apply. Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go */
import { badRequest, invalid, invalidObject, type KubeObject, StatusError } from '@slipway/core/api'
import { wholeSchema } from '../apply/shape.ts'
import { type Document, parseJson, parseYaml, requireMediaType } from '../decode/parse-document.ts'
import { represent } from '../http/represent.ts'
import { readObject } from '../object/read-object.ts'
import { servedCopy } from '../object/stored.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts'
import type { ServedResource } from '../served-resource.ts'
import { applyIn, readApplied } from './apply.ts'
import type { Answer, Call, ServerContext, VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { asDuplicate } from './create.ts'
import { requireEntry } from './get.ts'
import { requireFresh, updateIn } from './update.ts'
import { enforceStrictness, type WriteOptions, writeOptions } from './write-options.ts'

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply'

const kinds: Record<string, PatchKind> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** @throws StatusError 415 for a type that the resource does not take */
export function patchKind(contentType: string | undefined, builtin: boolean): PatchKind {
  const accepted = Object.keys(kinds).filter(type => builtin || kinds[type] !== 'strategic')
  return kinds[requireMediaType(contentType, accepted)]!
}

/** @throws StatusError 400 */
export async function parsePatch(body: Buffer, kind: PatchKind): Promise<Document> {
  const text = body.toString()
  try {
    return kind === 'apply' ? await parseYaml(text) : parseJson(text)
  } catch (error) {
    const message = (error as Error).message.replace(/^json parse error: /, '')
    throw badRequest(kind === 'apply' ? `error decoding YAML: ${message}` : `error decoding patch: ${message}`)
  }
}

/** The patched object, not yet decoded. @param target the caller's own copy */
export function patched(
  kind: Exclude<PatchKind, 'apply'>,
  resource: ServedResource,
  target: KubeObject,
  patch: unknown,
): Record<string, unknown> {
  const result =
    kind === 'json'
      ? jsonPatch(target, patch)
      : kind === 'merge'
        ? mergePatch(target, patch)
        : strategicMergePatch(wholeSchema(resource.schema), target, patch)
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    throw badRequest(`the patch does not leave an object: ${JSON.stringify(result)}`)
  return result as Record<string, unknown>
}

export const patch: VerbHandler = async (context, call) => {
  const kind = patchKind(call.headers['content-type'], call.resource.builtin)
  const options = writeOptions(call, 'PatchOptions', kind === 'apply')
  const document = await parsePatch(await call.body(), kind)
  if (kind === 'apply') return applyPatch(context, call, options, document)
  const { resource, namespace, name, subresource = '' } = call
  const entry = await commit(context.store, options.dryRun, tx => {
    const current = requireEntry(tx, resource, namespace, name!)
    const result = patched(kind, resource, servedCopy(resource, current), document.value)
    const text = options.fieldValidation === 'Strict' ? JSON.stringify(result) : ''
    const { object, problems } = readPatched(resource, result)
    enforcePatchStrictness([...document.duplicates.map(asDuplicate), ...problems], options, call, text)
    if (object.metadata.name !== name)
      throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
    requireFresh(resource, object, current, true)
    return updateIn(tx, resource, current, object, { manager: options.manager, subresource, now: context.now() })
  })
  return { code: 200, json: represent(context, call, entry) }
}

/** A patch that makes an object unreadable is an invalid patch. */
function readPatched(resource: ServedResource, result: Record<string, unknown>) {
  const text = JSON.stringify(result)
  try {
    return readObject(resource, result)
  } catch (error) {
    if (!(error instanceof StatusError) || !error.message.includes(' cannot be handled as a ')) throw error
    const detail = error.message.replace(/^.* cannot be handled as a [^:]*: /, '')
    throw invalidObject('', '', '', [invalid('patch', text, detail)])
  }
}

function enforcePatchStrictness(problems: string[], options: WriteOptions, call: Call, text: string): void {
  if (options.fieldValidation !== 'Strict') enforceStrictness(problems, options, call)
  else if (problems.length)
    throw invalidObject('', '', '', [invalid('patch', text, `strict decoding error: ${problems.join(', ')}`)])
}

async function applyPatch(context: ServerContext, call: Call, options: WriteOptions, document: Document): Promise<Answer> {
  if (document.duplicates.length) enforceStrictness(document.duplicates.map(asDuplicate), options, call)
  const applied = readApplied(call, document.value)
  const { entry, created } = await commit(context.store, options.dryRun, tx => applyIn(tx, call, applied, options, context.now()))
  return { code: created ? 201 : 200, json: represent(context, call, entry) }
}
