/** Errors in the words of the OCI distribution specification v1.1, section "Error Codes". */
export type SpecCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'PAGINATION_NUMBER_INVALID'
  | 'UNKNOWN'

export class SpecError extends Error {
  readonly status: number
  readonly code: SpecCode
  readonly detail: unknown
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: SpecCode, message: string, detail?: unknown, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'SpecError'
    this.status = status
    this.code = code
    this.detail = detail
    this.headers = headers
  }
}

export const errorBody = ({ code, message, detail }: Pick<SpecError, 'code' | 'message' | 'detail'>) => ({
  errors: [{ code, message, ...(detail !== undefined && { detail }) }],
})

export const blobUnknown = (digest: string) =>
  new SpecError(404, 'BLOB_UNKNOWN', `blob unknown to registry: ${digest}`, { digest })
export const manifestUnknown = (repository: string, id: string) =>
  new SpecError(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${repository} has no ${id}`, { name: repository, reference: id })
export const uploadUnknown = (id: string) =>
  new SpecError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry: it ended, was cancelled, or timed out', {
    upload: id,
  })
export const digestInvalid = (message: string, detail?: unknown) => new SpecError(400, 'DIGEST_INVALID', message, detail)

/** What a failure of the disk means to a client; undefined for all else. */
export function storageError(error: unknown): SpecError | undefined {
  const { code } = error as { code?: string }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SpecError(
      507,
      'UNKNOWN',
      "no space left on the registry's disk: free space where its blobs are stored, then push again",
    )
  if (code === 'EROFS' || code === 'EACCES')
    return new SpecError(500, 'UNKNOWN', `the registry cannot write to its storage (${code}): check its folder's permissions`)
  return undefined
}
