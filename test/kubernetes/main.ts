/**
 * `npm run test:kubernetes [-- --only contract|kinds|cluster] [--record]`: the contract live on a real kube-apiserver and on the embedded server, Slipway's CustomResourceDefinitions on the former,
 * and a whole one-node cluster put through its checks. The cluster is that of KUBECONFIG when set, else one is started here; the contract
 * always has a server of its own, for controllers that act on the cases' objects would make their answers a matter of timing.
 * What cannot be had on this machine is skipped, with the reason. `--record` writes down what Kubernetes answered, `--docs` only renews
 * docs/reference/api-differences.md.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { answersOfAll, compareAnswers, describeComparison, recordAnswers, recordedAnswers } from '../contract/compare-servers.ts'
import { differences } from '../contract/differences.ts'
import { differencesPage } from '../contract/differences-page.ts'
import { startEmbedded } from '../contract/embedded-api-server.ts'
import { runClusterChecks } from './cluster-checks.ts'
import { checkSlipwayKinds } from './slipway-kinds.ts'
import { type Kubernetes, startKubernetes } from './start-kubernetes.ts'
import { KubernetesUnavailable } from './unavailable.ts'
import { kubernetesVersion } from './versions.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, record: { type: 'boolean' }, docs: { type: 'boolean' } } })
const say = (line: string) => console.log(line)

interface Outcome {
  name: string
  result: 'passed' | 'failed' | 'skipped'
  detail: string
}

type Level = 'control-plane' | 'cluster'
async function start(level: Level): Promise<Kubernetes> {
  const began = performance.now()
  const kubernetes = await startKubernetes({ level, onProgress: say })
  say(`Kubernetes ${kubernetes.version} (${level}) up in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return kubernetes
}

async function contract(): Promise<Omit<Outcome, 'name'>> {
  const real = await start('control-plane')
  const want = await answersOfAll(real.connection).finally(() => real.stop())
  if (values.record) {
    await recordAnswers(`v${kubernetesVersion}`, want)
    say(`recorded ${want.size} cases`)
  }
  const drift = compareAnswers(await recordedAnswers(), want, [])
  if (drift.differing.size)
    say(`what is recorded is not what this Kubernetes answers (--record renews it):\n${describeComparison(drift)}`)
  const embedded = await startEmbedded()
  const got = await answersOfAll(embedded).finally(() => embedded.close?.())
  const comparison = compareAnswers(want, got)
  if (comparison.differing.size) say(`the embedded server differs:\n${describeComparison(comparison)}`)
  const agree = comparison.cases - comparison.differing.size
  const detail = `${agree} of ${comparison.cases} cases agree; ${drift.differing.size} recordings out of date`
  return { result: comparison.differing.size + drift.differing.size ? 'failed' : 'passed', detail }
}

/** Slipway's own definitions on the real server. */
async function kinds(): Promise<Omit<Outcome, 'name'>> {
  const real = await start('control-plane')
  try {
    const { made, failures } = await checkSlipwayKinds(real.connection)
    for (const [name, reason] of failures) say(`  ${name}: ${reason}`)
    return {
      result: failures.size || !made ? 'failed' : 'passed',
      detail: `${made - failures.size} of ${made} definitions are established`,
    }
  } finally {
    await real.stop()
  }
}

async function cluster(): Promise<Omit<Outcome, 'name'>> {
  const given = process.env.KUBECONFIG
  const real = given ? { kubeconfig: given, stop: async () => {} } : await start('cluster')
  try {
    const failures = await runClusterChecks(real.kubeconfig, say)
    return { result: failures.size ? 'failed' : 'passed', detail: failures.size ? [...failures.keys()].join('; ') : 'all checks' }
  } finally {
    await real.stop()
  }
}

const parts: Record<string, () => Promise<Omit<Outcome, 'name'>>> = { contract, kinds, cluster }
if (values.only !== undefined && !(values.only in parts)) {
  console.error(`--only must be one of ${Object.keys(parts).join(', ')}, not ${values.only}`)
  process.exit(2)
}
if (values.docs) {
  const page = new URL('../../docs/reference/api-differences.md', import.meta.url)
  await mkdir(new URL('./', page), { recursive: true })
  await writeFile(page, differencesPage(differences))
  say(`wrote ${fileURLToPath(page)}`)
  process.exit(0)
}
const outcomes: Outcome[] = []
for (const [name, run] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue
  say(`\n── ${name} ──`)
  try {
    outcomes.push({ name, ...(await run()) })
  } catch (error) {
    if (error instanceof KubernetesUnavailable)
      outcomes.push({ name, result: 'skipped', detail: `${error.reason}: ${error.message}` })
    else
      outcomes.push({ name, result: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
say('\nSummary')
for (const { name, result, detail } of outcomes) say(`  ${result.padEnd(8)} ${name}: ${detail}`)
// 75 (EX_TEMPFAIL): nothing failed, because nothing could be run.
const all = (wanted: string) => outcomes.every(({ result }) => result === wanted)
process.exit(outcomes.some(({ result }) => result === 'failed') ? 1 : all('skipped') ? 75 : 0)
