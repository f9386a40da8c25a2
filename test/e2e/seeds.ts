/** The YAML of 2018, as articles of the time print it: runLatest, then release with 20 % for the candidate, each with its hosts. Only the image is local. */
import { countAnswers, localRequest } from '@slipway/core/http'
import { check } from '../harness/check.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { startSlipway, untilReady } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title =
  'serving.knative.dev/v1alpha1: runLatest, release with rolloutPercent, and the hosts current, candidate and latest'

const program = `require("http").createServer((_, r) => r.end(process.env.T_VERSION)).listen(process.env.PORT); process.on("SIGTERM", () => process.exit(0))`
const configuration = (image: string, colour: string, indent: string) =>
  `configuration:
  revisionTemplate:
    spec:
      container:
        image: ${image}
        command: [node, -e]
        args: ['${program}']
        env:
        - name: T_VERSION
          value: "${colour}"`.replace(/^/gm, indent)

const service = (mode: string) => `apiVersion: serving.knative.dev/v1alpha1
kind: Service
metadata:
  name: canary
spec:
${mode}
`

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const slipway = await startSlipway(scope)
  const image = `registry.localhost:${slipway.ports.registry}/slipway/base-node:latest`
  const get = async (host: string) => (await localRequest(`http://${host}.default.localhost:${slipway.ports.gateway}`)).text
  await slipway.kubectl(['apply', '-f', '-'], { input: service(`  runLatest:\n${configuration(image, 'blue', '    ')}`) })
  await untilReady(slipway, 'canary', 'default')
  check('runLatest answers', (await get('canary')) === 'blue')
  const names = await slipway.kubectl(['get', 'configuration,revision,route', '-n', 'default', '-o', 'name'])
  check(
    'configuration, revision and route are there',
    [
      'configuration.serving.knative.dev/canary',
      'revision.serving.knative.dev/canary-00001',
      'route.serving.knative.dev/canary',
    ].every(n => names.includes(n)),
    names,
  )
  const domain = await slipway.kubectl([
    'get',
    'services.v1alpha1.serving.knative.dev',
    'canary',
    '-n',
    'default',
    '-o',
    'jsonpath={.status.domain}',
  ])
  check('status.domain is the host', domain === 'canary.default.localhost', domain)

  const release = `  release:\n    revisions: ["canary-00001", "canary-00002"]\n    rolloutPercent: 20\n${configuration(image, 'green', '    ')}`
  await slipway.kubectl(['apply', '-f', '-'], { input: service(release) })
  await waitFor('the candidate to be routed', async () => (await get('candidate.canary')) === 'green')
  await untilReady(slipway, 'canary', 'default')
  const hosts = { 'current.canary': 'blue', 'candidate.canary': 'green', 'latest.canary': 'green', 'candidate-canary': 'green' }
  for (const [host, colour] of Object.entries(hosts))
    check(`${host}.default.localhost is ${colour}`, (await get(host)) === colour)
  const counts = await countAnswers(`http://canary.default.localhost:${slipway.ports.gateway}`, 500, text => text)
  check('one request in five is green', counts.get('green') === 100 && counts.get('blue') === 400, JSON.stringify([...counts]))
  const described = await slipway.kubectl(['describe', 'route', 'canary', '-n', 'default'])
  check(
    'kubectl describe route shows the shares',
    /Percent:\s+80\s+Revision Name:\s+canary-00001/.test(described) &&
      /Percent:\s+20\s+Revision Name:\s+canary-00002/.test(described),
    described,
  )
  say('as the articles say')
}
