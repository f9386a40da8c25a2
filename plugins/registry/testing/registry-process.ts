/** A registry in a process of its own, to be killed: `registry-process.ts FOLDER` prints its port. */
import { startRegistry } from './start-registry.ts'

const registry = await startRegistry({ root: process.argv[2]! })
process.stdout.write(`${new URL(registry.url).port}\n`)
