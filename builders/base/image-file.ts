/** What goes into a base image: files with their place, mode and owner; from this machine's disk or written here. */
export type ImageFile =
  | { path: string; directory: true; mode?: number; uid?: number }
  | { path: string; link: string }
  | { path: string; content: string | Uint8Array; mode?: number; uid?: number }
  /** A file of this machine, without its time and owner; links are followed. */
  | { path: string; from: string; mode?: number }

export const textFile = (path: string, content: string, mode = 0o644): ImageFile => ({ path, content, mode })
