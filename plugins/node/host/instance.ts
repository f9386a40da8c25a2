import { createHash } from 'node:crypto'

/** Six digits by which what belongs to this folder is told from what belongs to another instance on the same machine. */
export const instanceOf = (dataDir: string): string => createHash('sha256').update(dataDir).digest('hex').slice(0, 6)
