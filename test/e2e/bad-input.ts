/** What goes wrong is said where the user looks, and nothing is lost. */
import { localRequest } from '@slipway/core/http'
import { check } from '../harness/check.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { type Slipway, startSlipway, untilReady, type WorkingTree, workingTree, writeApp } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title = 'bad input: a clear error where the user looks, and nothing lost'

type Case = (slipway: Slipway, scope: ScenarioContext['scope']) => Promise<void>

const remoteOf = (slipway: Slipway, path: string) => `http://localhost:${slipway.ports.git}/${path}.git`
const readyOf = async (
  slipway: Slipway,
  what: string,
): Promise<{ status: string; reason: string; message: string } | undefined> => {
  const { stdout } = await slipway.tryKubectl([
    'get',
    what,
    '-n',
    'demo',
    '-o',
    'jsonpath={.status.conditions[?(@.type=="Ready")]}',
  ])
  return stdout ? JSON.parse(stdout) : undefined
}

async function refusedPushes(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  await writeApp(tree, 'x')
  await tree.commit('x')
  const badName = await tree.push(remoteOf(slipway, 'demo/UPPER'))
  check(
    'a repository name that cannot be is refused with the reason',
    badName.code !== 0 && /UPPER|lower/i.test(badName.stderr),
    badName.stderr,
  )
  const noPath = await tree.push(`http://localhost:${slipway.ports.git}/nothing`)
  check('a path that is no repository is refused', noPath.code !== 0, noPath.stderr)
  await writeApp(tree, 'hello')
  await tree.commit('hello')
  const otherBranch = await tree.push(remoteOf(slipway, 'demo/app'), 'HEAD:feature')
  check(
    'a branch that nothing builds is accepted, and said to build nothing',
    otherBranch.code === 0 && /remote: .*(branch|not built|nothing)/i.test(otherBranch.stderr),
    otherBranch.stderr,
  )
}

async function brokenBuilds(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  await tree.write('Dockerfile', 'FROM scratch\nCOPY not-there /\n')
  await tree.commit('broken')
  const push = await tree.push(remoteOf(slipway, 'demo/broken'))
  check('a failing Dockerfile shows its error in the push output', /remote: .*not-there/.test(push.stderr), push.stderr)
  const step = `
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: exits-3, namespace: demo }
spec: { steps: [{ name: bad, image: slipway.dev/builder, command: [node, -e], args: ['console.error("the reason why"); process.exit(3)'] }] }
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: no-image, namespace: demo }
spec: { steps: [{ name: bad, image: "registry.localhost:${slipway.ports.registry}/not/there:1" }] }
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: no-template, namespace: demo }
spec: { template: { name: not-there } }
`
  await slipway.kubectl(['apply', '-f', '-'], { input: step })
  const wants = {
    'exits-3': /exited with code 3.*the reason why/s,
    'no-image': /cannot pull its image.*not\/there/,
    'no-template': /no BuildTemplate "not-there"/,
  }
  for (const [name, want] of Object.entries(wants)) {
    const message = await waitFor(
      `build ${name} to fail`,
      async () => {
        const { stdout } = await slipway.tryKubectl([
          'get',
          'build',
          name,
          '-n',
          'demo',
          '-o',
          'jsonpath={.status.conditions[?(@.status=="False")].message}',
        ])
        return stdout || undefined
      },
      { timeoutMs: 90_000 },
    )
    check(`build ${name} says why: ${message.slice(0, 100)}`, want.test(message), message)
  }
}

/** Pushes a program that does not work, over one that does. */
async function brokenRelease(slipway: Slipway, tree: WorkingTree, source: string, want: RegExp, what: string): Promise<void> {
  await tree.write('server.js', source)
  const commit = await tree.commit(what)
  const push = await tree.push(remoteOf(slipway, 'demo/steady'))
  check(`${what}: the push says so`, want.test(push.stderr), push.stderr)
  const failed = await waitFor(
    `${what}: Revision Ready=False`,
    async () => {
      const { items } = JSON.parse(await slipway.kubectl(['get', 'revisions', '-n', 'demo', '-o', 'json']))
      return items.find(
        (r: {
          metadata: { annotations?: Record<string, string> }
          status?: { conditions?: { type: string; status: string }[] }
        }) =>
          Object.values(r.metadata.annotations ?? {}).includes(commit) &&
          r.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'False'),
      )
    },
    { timeoutMs: 90_000 },
  )
  const condition = failed.status.conditions.find((c: { type: string }) => c.type === 'Ready')
  check(
    `${what}: Ready=False ${condition.reason}: ${condition.message.slice(0, 80)}`,
    want.test(condition.message),
    condition.message,
  )
  const answer = await localRequest(`http://steady.demo.localhost:${slipway.ports.gateway}`)
  check(`${what}: the old revision keeps all requests`, answer.status === 200 && answer.text.startsWith('steady '), answer.text)
}

async function brokenReleases(slipway: Slipway, scope: ScenarioContext['scope']): Promise<void> {
  const tree = await workingTree(scope)
  await writeApp(tree, 'steady')
  await tree.commit('works')
  await tree.push(remoteOf(slipway, 'demo/steady'))
  await untilReady(slipway, 'steady')
  await brokenRelease(
    slipway,
    tree,
    'throw new Error("no database here")\n',
    /no database here/,
    'a program that crashes at start',
  )
  await brokenRelease(slipway, tree, 'setInterval(() => {}, 1000)\n', /listen/, 'a program that never listens')
}

async function refusedObjects(slipway: Slipway): Promise<void> {
  const service = (spec: string) =>
    `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: wrong, namespace: demo }\nspec: ${spec}\n`
  const template = 'template: { spec: { containers: [{ image: x }] } }'
  const cases: { name: string; input: string; want: RegExp }[] = [
    {
      name: 'percentages that do not sum to 100',
      input: service(`{ ${template}, traffic: [{ latestRevision: true, percent: 60 }] }`),
      want: /Traffic targets sum to 60, want 100/,
    },
    { name: 'an unknown field', input: service(`{ ${template}, trafic: [] }`), want: /unknown field "spec\.trafic"/ },
    { name: 'a wrong type', input: service(`{ ${template}, traffic: 100 }`), want: /spec\.traffic.*array/ },
    { name: 'YAML that is none', input: 'apiVersion: v1\nkind: [', want: /yaml|did not find/i },
    {
      name: 'a container without an image',
      input: service('{ template: { spec: { containers: [{ name: a }] } } }'),
      want: /spec\.template\.spec\.containers\[0\]\.image: Required value/,
    },
    {
      name: 'a kind that is not there',
      input: 'apiVersion: v9\nkind: Nothing\nmetadata: { name: a }\n',
      want: /no matches for kind "Nothing"/,
    },
  ]
  for (const { name, input, want } of cases) {
    const { code, stderr } = await slipway.tryKubectl(['apply', '-f', '-'], { input })
    check(`${name}: ${stderr.trim().split('\n').at(-1)?.slice(0, 130)}`, code !== 0 && want.test(stderr), stderr)
  }
  await slipway.kubectl(['apply', '-f', '-'], {
    input: service(
      `{ template: { spec: { containers: [{ image: "registry.localhost:${slipway.ports.registry}/not/there" }] } } }`,
    ),
  })
  const ready = await waitFor('a Service of an image that is not there to say so', async () => {
    const condition = await readyOf(slipway, 'ksvc/wrong')
    return condition?.status === 'False' && condition
  })
  check(`an image that does not exist: ${ready.message.slice(0, 120)}`, /not\/there/.test(ready.message), ready.message)
}

async function takenPort(slipway: Slipway): Promise<void> {
  const { code, stdout, stderr } = await slipway.slipway(['--home', `${slipway.home}-second`, 'start', '--no-tour'], {
    env: { SLIPWAY_APISERVER_PORT: String(slipway.ports.api) },
    timeoutMs: 60_000,
  })
  check(
    `a port that is taken: ${stderr.trim().split('\n').at(-1)?.slice(0, 140)}`,
    code === 1 && new RegExp(String(slipway.ports.api)).test(stderr),
    stdout + stderr,
  )
  const twice = await slipway.slipway(['start'])
  check(
    `a second start in the same home: ${twice.stderr.trim().slice(0, 120)}`,
    twice.code === 1 && /already runs/.test(twice.stderr),
    twice.stderr,
  )
  const unknown = await slipway.slipway(['strat'])
  check('an unknown command', unknown.code !== 0 && /unknown command/.test(unknown.stderr), unknown.stderr)
}

const cases: Record<string, Case> = { refusedObjects, refusedPushes, brokenBuilds, brokenReleases, takenPort }

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const slipway = await startSlipway(scope, { plugins: { serving: { progressDeadline: '15s' } } })
  await slipway.kubectl(['create', 'namespace', 'demo'])
  for (const [name, one] of Object.entries(cases)) {
    say(name)
    await one(slipway, scope)
  }
}
