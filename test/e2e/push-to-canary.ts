/** A push becomes a release; the next one 20 % of the requests, then all: with real git, containers, kubectl and requests. */

import { countAnswers, localRequest } from '@slipway/core/http'
import { check } from '../harness/check.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { startSlipway, untilReady, workingTree, writeApp } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title = 'git push → build → release → 20 % canary → promoted, and all of it again after a restart'

const repository = `
apiVersion: slipway.dev/v1alpha1
kind: Repository
metadata: { name: shop, namespace: demo }
spec:
  release:
    rollout:
      steps:
        - setWeight: 20
        - pause: { duration: 15s }
`

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const slipway = await startSlipway(scope)
  say(`up in ${(slipway.startedInMs / 1000).toFixed(2)} s`)
  const remote = `http://localhost:${slipway.ports.git}/demo/shop.git`
  await slipway.kubectl(['create', 'namespace', 'demo'])
  await slipway.kubectl(['apply', '-f', '-'], { input: repository })

  const tree = await workingTree(scope)
  await writeApp(tree, 'one')
  const first = await tree.commit('one')
  const began = performance.now()
  const push = await tree.push(remote)
  check('the first push is accepted', push.code === 0, push.stderr)
  check("the push's own output ends with the URL", /remote: .*http:\/\/shop\.demo\.localhost/.test(push.stderr), push.stderr)
  await untilReady(slipway, 'shop')
  const url = `http://shop.demo.localhost:${slipway.ports.gateway}`
  const answer = await localRequest(url)
  check('the first release answers', answer.status === 200 && answer.text.startsWith('one '), answer.text)
  say(
    `push 1 (${first.slice(0, 8)}): answers “${answer.text}” ${((performance.now() - began) / 1000).toFixed(2)} s after the push began`,
  )
  const stable = answer.text.split(' ')[1]!

  await writeApp(tree, 'two')
  const second = await tree.commit('two')
  const again = await tree.push(remote)
  check('the second push is accepted', again.code === 0, again.stderr)
  const canary = await waitFor('the canary to have 20 %', async () => {
    const { status } = JSON.parse(await slipway.kubectl(['get', 'ksvc', 'shop', '-n', 'demo', '-o', 'json']))
    return status.traffic?.find((t: { percent: number; revisionName: string }) => t.percent === 20 && t.revisionName !== stable)
      ?.revisionName as string | undefined
  })
  const counts = await countAnswers(url, 1000, text => text.split(' ')[1]!)
  say(
    `push 2 (${second.slice(0, 8)}): of 1,000 requests ${counts.get(stable)} from ${stable}, ${counts.get(canary)} from ${canary}`,
  )
  check('80/20 on 1,000 requests', counts.get(stable) === 800 && counts.get(canary) === 200, JSON.stringify([...counts]))
  await waitFor(
    'the canary to be promoted',
    async () => {
      const { status } = JSON.parse(await slipway.kubectl(['get', 'ksvc', 'shop', '-n', 'demo', '-o', 'json']))
      return status.traffic?.some(
        (t: { percent: number; revisionName: string }) => t.percent === 100 && t.revisionName === canary,
      )
    },
    { timeoutMs: 90_000 },
  )
  const all = await countAnswers(url, 100, text => text.split(' ')[0]!)
  check('all requests see the second push', all.get('two') === 100, JSON.stringify([...all]))

  const revisions = (await slipway.kubectl(['get', 'revisions', '-n', 'demo', '-o', 'name'])).trim().split('\n')
  check('exactly one revision a commit', revisions.length === 2, revisions.join(' '))
  const repeated = await tree.push(remote)
  check(
    'a push of nothing new builds nothing',
    repeated.code === 0 && (await slipway.kubectl(['get', 'builds', '-n', 'demo', '-o', 'name'])).trim().split('\n').length === 2,
    repeated.stderr,
  )

  await slipway.kill('SIGTERM')
  await slipway.start()
  say(`started again in ${(slipway.startedInMs / 1000).toFixed(2)} s`)
  await waitFor('the release to answer after a restart', async () => (await localRequest(url)).text.startsWith('two '))
  check('the repository still has both commits', (await tree.git('ls-remote', remote, 'refs/heads/main')).startsWith(second), '')
}
