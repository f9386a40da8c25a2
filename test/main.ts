/**
 * `npm test`: lint, types, units and contracts, then the end-to-end scenarios of the spine, each in a process of its own. Prints a summary
 * of what ran and how long it took; ends with 1 when anything failed.
 */
import { spawn } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const node = process.execPath

interface Suite {
  name: string
  command: string[]
}
const specs = ['core', 'builders', 'controllers', 'plugins/*'].map(folder => `${folder}/**/*.test.ts`)

const suites: Suite[] = [
  { name: 'lint', command: [bin('biome'), 'check', '.'] },
  { name: 'typecheck', command: [bin('tsc')] },
  { name: 'unit', command: [node, bin('mocha'), ...specs, 'test/*.test.ts', 'test/{harness,kubernetes}/*.test.ts'] },
  { name: 'contract', command: [node, bin('mocha'), 'test/contract/*.test.ts'] },
  ...['push-to-canary', 'kubectl', 'bad-input', 'crash', 'seeds', 'working-tree'].map(name => ({
    name: `e2e ${name}`,
    command: [node, 'test/e2e/main.ts', name],
  })),
]

const run = ({ command: [program = '', ...args] }: Suite): Promise<number> =>
  new Promise(resolve => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', () => resolve(127))
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })

const wanted = process.argv.slice(2)
const chosen = suites.filter(suite => !wanted.length || wanted.includes(suite.name.replace('e2e ', '')))
if (!chosen.length) {
  console.error(`no suite is named ${wanted.join(', ')}; there are ${suites.map(s => s.name.replace('e2e ', '')).join(', ')}`)
  process.exit(2)
}
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB`)
const results: { name: string; code: number; ms: number }[] = []
for (const suite of chosen) {
  console.log(`\n── ${suite.name} ──`)
  const began = performance.now()
  results.push({ name: suite.name, code: await run(suite), ms: performance.now() - began })
}
console.log('\nSummary')
for (const { name, code, ms } of results)
  console.log(`  ${code === 0 ? 'passed' : `FAILED (${code})`}  ${name}  ${(ms / 1000).toFixed(1)} s`)
const failed = results.filter(r => r.code !== 0).length
console.log(`suites: ${results.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
