/** PATCH: JSON, merge, strategic and apply. Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go */
import { badRequest, invalid, invalidObject, type KubeObject, StatusError } from '@slipway/core/api'
import { isDict, wholeSchema } from '../apply/shape.ts'
import { goText, sortedJson } from '../decode/go-text.ts'
import { type Document, mediaType, parseJson, parseYaml, requireMediaType } from '../decode/parse-document.ts'
import { represent } from '../http/represent.ts'
import { settleNamespace } from '../object/metadata.ts'
import { readObject } from '../object/read-object.ts'
import { apiVersionServed, servedCopy } from '../object/stored.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts'
import type { ServedResource } from '../served-resource.ts'
import { applyIn, readApplied } from './apply.ts'
import type { Answer, Call, ServerContext, VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { asDuplicate, unversioned } from './create.ts'
import { requireEntry } from './get.ts'
import { requireFresh, updateIn } from './update.ts'
import { enforceStrictness, strictText, type WriteOptions, writeOptions } from './write-options.ts'

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply'

const kinds: Record<string, PatchKind> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** @throws StatusError 415 for a type that the resource does not take */
export function patchKind(contentType: string | undefined, builtin: boolean): PatchKind {
  if (builtin && !kinds[mediaType(contentType)])
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
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
    if (kind === 'strategic') throw badRequest(message)
    throw badRequest(kind === 'apply' ? `error decoding YAML: ${message}` : `error decoding patch: ${message}`)
  }
}

/** @throws StatusError 400 */
function requireMap(patch: unknown): unknown {
  if (isDict(patch)) return patch
  const got = Array.isArray(patch) ? 'array' : typeof patch
  throw badRequest(`error decoding patch: json: cannot unmarshal ${got} into Go value of type map[string]interface {}`)
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
        ? mergePatch(target, requireMap(patch))
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
    const { apiVersion } = result
    if (!resource.builtin && apiVersion !== apiVersionServed(resource))
      throw invalidObject(resource.kind, resource.group, name!, [
        invalid('apiVersion', apiVersion, `must be ${apiVersionServed(resource)}`),
      ])
    // Refusals show a strategic patch itself, and what the others made of the object.
    const shown = () => (kind === 'strategic' ? goText(document.value) : before)
    const before = kind === 'strategic' || options.fieldValidation === 'Ignore' ? '' : shownJson(resource, result)
    const { object, problems } = readPatched(resource, result, shown)
    enforcePatchStrictness(
      [...document.duplicates.map(asDuplicate), ...unknownMembers(kind, document.value), ...problems],
      options,
      call,
      shown,
    )
    if (!object.metadata.name)
      throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
    if (object.metadata.name !== name)
      throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
    settleNamespace(resource, object.metadata, namespace)
    requireFresh(resource, object, current, true)
    return updateIn(tx, resource, current, object, { manager: options.manager, subresource, now: context.now() })
  })
  return { code: 200, json: represent(context, call, entry) }
}

/** A typed object's JSON is patched as text: only what a patch takes apart is sorted. */
const shownJson = ({ builtin }: ServedResource, object: Record<string, unknown>): string =>
  builtin ? JSON.stringify(Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))) : sortedJson(object)

const members = new Set(['op', 'path', 'from', 'value'])

function unknownMembers(kind: PatchKind, patch: unknown): string[] {
  if (kind !== 'json' || !Array.isArray(patch)) return []
  return patch.flatMap((operation: object, i) =>
    Object.keys(operation)
      .filter(member => !members.has(member))
      .map(member => `json patch unknown field ${JSON.stringify(`[${i}].${member}`)}`),
  )
}

/** A patch that makes an object unreadable is an invalid patch. */
function readPatched(resource: ServedResource, result: Record<string, unknown>, shown: () => string) {
  try {
    return readObject(resource, result)
  } catch (error) {
    if (!(error instanceof StatusError) || !error.message.includes(' cannot be handled as a ')) throw error
    const detail = error.message.replace(/^.* cannot be handled as a [^:]*: /, '')
    throw invalidObject('', '', '', [invalid('patch', shown(), detail)])
  }
}

function enforcePatchStrictness(problems: string[], options: WriteOptions, call: Call, shown: () => string): void {
  if (options.fieldValidation !== 'Strict') enforceStrictness(problems, options, call)
  else if (problems.length)
    throw invalidObject('', '', '', [invalid('patch', shown(), `strict decoding error: ${strictText(problems)}`)])
}

async function applyPatch(context: ServerContext, call: Call, options: WriteOptions, document: Document): Promise<Answer> {
  if (document.duplicates.length) enforceStrictness(document.duplicates.map(asDuplicate), options, call)
  const applied = readApplied(call, document.value)
  const { entry, created } = await commit(context.store, options.dryRun, tx => applyIn(tx, call, applied, options, context.now()))
  return {
    code: created ? 201 : 200,
    json: represent(context, call, created && options.dryRun ? unversioned(call.resource, entry) : entry),
  }
}
