import { fileURLToPath } from 'node:url'

/** The file of the `slipway` command, for processes that start further ones. */
export const mainModule = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
