/**
 * `npm run bench -- NAME… [--json]`: measures, and prints the figures beside their goals; with `--json` the last line is one JSON object.
 * Ends with a code other than 0 only when something could not be measured.
 */
import { parseArgs } from 'node:util'
import type { Bench, Measured } from '../harness/bench.ts'
import { loadScenario, printScenarios, scenarioNames } from '../harness/find-scenarios.ts'
import { describeMachine } from '../harness/machine.ts'

const folder = new URL('./', import.meta.url)
const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, list: { type: 'boolean' } },
})

function print({ figures, goals }: Measured): void {
  for (const [name, value] of Object.entries(figures))
    console.log(`  ${name.padEnd(36)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  for (const { name, value, unit, goal, met } of goals)
    console.log(`  ${met ? 'met    ' : 'NOT MET'} ${name}: ${value} ${unit}, goal ${goal} ${unit}`)
}

async function measure(name: string): Promise<boolean> {
  const machine = describeMachine()
  try {
    const bench = await loadScenario<Bench>(folder, name)
    if (!values.json)
      console.log(
        `${name}: ${bench.title}\n  ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}, load ${machine.load}`,
      )
    const measured = await bench.run()
    if (values.json) console.log(JSON.stringify({ name, machine, ...measured }))
    else print(measured)
    return true
  } catch (error) {
    console.error(`${name}: could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
    return false
  }
}

if (values.list) await printScenarios(folder)
else if (!names.length) {
  console.error(
    `usage: npm run bench -- NAME… [--json] | --list\nthere are: ${(await scenarioNames(folder)).join(', ') || 'none yet'}`,
  )
  process.exit(2)
} else {
  let ok = true
  for (const name of names) ok = (await measure(name)) && ok
  process.exit(ok ? 0 : 1)
}
