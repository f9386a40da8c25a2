/** `npm run chaos -- NAME`: runs scenarios of this folder on real parts. */
import { runScenarios } from '../harness/run-scenarios.ts'

process.exit(await runScenarios(new URL('./', import.meta.url), 'chaos'))
