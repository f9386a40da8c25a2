/** The command line of a folder of scenarios: `NAME…` runs those, `--list` names them. Ends with 1 and the reason when one fails, 2 on wrong use. */
import { parseArgs } from 'node:util'
import { loadScenario, printScenarios, scenarioNames } from './find-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { withScope } from './scope.ts'

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** @returns the exit code */
export async function runScenarios(folder: URL, command: string, args = process.argv.slice(2)): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { list: { type: 'boolean' }, all: { type: 'boolean' } },
  })
  if (values.list) {
    await printScenarios(folder)
    return 0
  }
  const names = values.all ? await scenarioNames(folder) : positionals
  if (!names.length) {
    console.error(
      `usage: npm run ${command} -- NAME… | --all | --list\nthere are: ${(await scenarioNames(folder)).join(', ') || 'none yet'}`,
    )
    return 2
  }
  let failed = 0
  for (const name of names) {
    const began = performance.now()
    try {
      const scenario = await loadScenario<Scenario>(folder, name)
      console.log(`${name}: ${scenario.title}`)
      await withScope(scope =>
        scenario.run({ scope, say: text => console.log(`  ${seconds(performance.now() - began)}  ${text}`) }),
      )
      console.log(`${name}: passed in ${seconds(performance.now() - began)}`)
    } catch (error) {
      failed++
      console.error(
        `${name}: FAILED after ${seconds(performance.now() - began)}: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
      )
    }
  }
  return failed ? 1 : 0
}
