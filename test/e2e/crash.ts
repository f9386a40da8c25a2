/**
 * Slipway killed with SIGKILL in the middle of a push, a build and a rollout, and Redis killed in the middle of a build: each goes on or
 * ends with a reason, with exactly one image and one Revision for each commit.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { localRequest } from '@slipway/core/http'
import { check } from '../harness/check.ts'
import { tryCommand } from '../harness/run-command.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { type Slipway, startSlipway, type WorkingTree, workingTree, writeApp } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title = 'SIGKILL in a push, a build and a rollout; Redis killed in a build'

const namespace = 'demo'
interface Item {
  spec?: unknown
  metadata: { name: string; labels?: Record<string, string> }
  status?: { phase?: string; image?: { digest?: string } }
}
const list = async (slipway: Slipway, kind: string): Promise<Item[]> =>
  JSON.parse(await slipway.kubectl(['get', kind, '-n', namespace, '-o', 'json'])).items

/** How many builds, images and revisions a commit has. */
async function countsOf(slipway: Slipway, commit: string): Promise<{ builds: number; revisions: number; images: number }> {
  const mentions = (object: unknown) => JSON.stringify(object).includes(commit)
  const builds = (await list(slipway, 'builds')).filter(b => mentions(b.spec))
  const revisions = (await list(slipway, 'revisions')).filter(r => mentions(r.metadata))
  const digests = new Set(builds.map(b => b.status?.image?.digest).filter(Boolean))
  return { builds: builds.length, revisions: revisions.length, images: digests.size }
}

const answers = (slipway: Slipway, service: string, text: string) =>
  waitFor(
    `${service} to answer “${text}”`,
    async () => {
      const answer = await localRequest(`http://${service}.${namespace}.localhost:${slipway.ports.gateway}`, { timeoutMs: 5000 })
      return answer.status === 200 && answer.text.startsWith(`${text} `)
    },
    { timeoutMs: 120_000 },
  )

const exactlyOne = async (slipway: Slipway, what: string, commit: string) => {
  const counts = await waitFor(
    `${what}: one build, image and revision`,
    async () => {
      const seen = await countsOf(slipway, commit)
      return seen.revisions > 0 && seen.images > 0 && seen
    },
    { timeoutMs: 120_000 },
  )
  check(
    `${what}: exactly one build, image and revision for ${commit.slice(0, 8)}`,
    counts.builds === 1 && counts.images === 1 && counts.revisions === 1,
    JSON.stringify(counts),
  )
}

const remoteOf = (slipway: Slipway, name: string) => `http://localhost:${slipway.ports.git}/${namespace}/${name}.git`

async function killedWhen(
  slipway: Slipway,
  tree: WorkingTree,
  name: string,
  text: string,
  moment: (commit: string) => Promise<unknown>,
): Promise<string> {
  await writeApp(tree, text)
  const commit = await tree.commit(text)
  const pushing = tree.push(remoteOf(slipway, name))
  await moment(commit)
  await slipway.kill('SIGKILL')
  await pushing
  await slipway.start()
  return commit
}

async function inAPush(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  // As soon as git has the commit: whatever was not done yet must be found again.
  const commit = await killedWhen(slipway, tree, 'pushed', 'pushed', sha =>
    waitFor(
      'the server to have the commit',
      async () => (await tryCommand('git', ['ls-remote', remoteOf(slipway, 'pushed')])).stdout.includes(sha),
      { everyMs: 5, timeoutMs: 20_000 },
    ),
  )
  await answers(slipway, 'pushed', 'pushed')
  await exactlyOne(slipway, 'killed in a push', commit)
}

async function inABuild(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  const commit = await killedWhen(slipway, tree, 'built', 'built', () =>
    waitFor(
      'a step of the build to run',
      async () => {
        const pods = (await list(slipway, 'pods')) as unknown as {
          metadata: { labels?: Record<string, string> }
          status?: { phase: string }
        }[]
        return pods.some(
          p => p.metadata.labels?.['build.knative.dev/buildName']?.startsWith('built') && p.status?.phase !== 'Succeeded',
        )
      },
      { everyMs: 10, timeoutMs: 20_000 },
    ),
  )
  await answers(slipway, 'built', 'built')
  await exactlyOne(slipway, 'killed in a build', commit)
}

async function inARollout(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  await slipway.kubectl(['apply', '-f', '-'], {
    input: `apiVersion: slipway.dev/v1alpha1\nkind: Repository\nmetadata: { name: rolled, namespace: ${namespace} }\nspec: { release: { rollout: { steps: [{ setWeight: 20 }, { pause: { duration: 4s } }, { setWeight: 60 }, { pause: { duration: 4s } }] } } }\n`,
  })
  await writeApp(tree, 'first')
  const first = await tree.commit('first')
  await tree.push(remoteOf(slipway, 'rolled'))
  await answers(slipway, 'rolled', 'first')
  await writeApp(tree, 'second')
  const second = await tree.commit('second')
  await tree.push(remoteOf(slipway, 'rolled'))
  const weight = async () => {
    const { stdout } = await slipway.tryKubectl([
      'get',
      'ksvc',
      'rolled',
      '-n',
      namespace,
      '-o',
      'jsonpath={.status.traffic[*].percent}',
    ])
    return stdout.split(' ').map(Number)
  }
  await waitFor('the canary to have 20 %', async () => (await weight()).includes(20), { everyMs: 20 })
  await slipway.kill('SIGKILL')
  const during = await localRequest(`http://rolled.${namespace}.localhost:${slipway.ports.gateway}`)
  check('requests are answered while the control plane is dead', during.status === 200, during.text)
  await slipway.start()
  await waitFor(
    'the rollout to end',
    async () =>
      (await localRequest(`http://rolled.${namespace}.localhost:${slipway.ports.gateway}`)).text.startsWith('second ') &&
      (await weight()).every(w => w === 100 || w === 0),
    { timeoutMs: 120_000 },
  )
  check('a rollout goes on where it was', true)
  for (const commit of [first, second]) await exactlyOne(slipway, 'killed in a rollout', commit)
}

async function redisInABuild(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  await writeApp(tree, 'queued')
  const commit = await tree.commit('queued')
  const pushing = tree.push(remoteOf(slipway, 'queued'))
  await waitFor(
    'the build to be there',
    async () => (await list(slipway, 'builds')).some(b => JSON.stringify(b).includes(commit)),
    { everyMs: 10, timeoutMs: 20_000 },
  )
  const pid = Number((await readFile(join(slipway.home, 'plugins', 'redis', 'redis.pid'), 'utf8')).trim())
  process.kill(pid, 'SIGKILL')
  const push = await pushing
  check('the push goes on while Redis comes back', push.code === 0, push.stderr)
  await answers(slipway, 'queued', 'queued')
  await exactlyOne(slipway, 'Redis killed in a build', commit)
}

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const slipway = await startSlipway(scope)
  await slipway.kubectl(['create', 'namespace', namespace])
  for (const one of [inAPush, inABuild, redisInABuild, inARollout]) {
    say(one.name)
    await one(slipway, scope)
  }
}
