/** One byte range of a Range header (RFC 9110, section 14.1.2). Several ranges are answered whole, as the RFC allows. */
export interface ByteRange {
  start: number
  /** The last byte, included. */
  end: number
}

/** @returns the range, `whole` for none or one that is to be ignored, or `unsatisfiable` */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (!match[1] && !match[2])) return 'whole'
  if (!match[1]) {
    const length = Math.min(Number(match[2]), size)
    return length > 0 ? { start: size - length, end: size - 1 } : 'unsatisfiable'
  }
  const start = Number(match[1])
  const end = match[2] ? Math.min(Number(match[2]), size - 1) : size - 1
  if (match[2] && Number(match[2]) < start) return 'whole'
  return start < size ? { start, end } : 'unsatisfiable'
}

/** A Content-Range of an uploaded chunk: `0-1023`, with or without `bytes ` and a total. */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim())
  if (!match) return undefined
  const [start, end] = [Number(match[1]), Number(match[2])]
  return end >= start ? { start, end } : undefined
}
