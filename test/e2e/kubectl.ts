/** A session of the stock kubectl, with no extra flags, over all kinds. */
import { spawn } from 'node:child_process'
import { check } from '../harness/check.ts'
import { tryCommand } from '../harness/run-command.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { type Slipway, startSlipway } from '../harness/slipway.ts'
import { waitFor } from '../harness/wait-for.ts'

export const title = 'a session of the stock kubectl over all kinds'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: team }\ndata: { colour: blue }\n'
const template = `
apiVersion: build.knative.dev/v1alpha1
kind: BuildTemplate
metadata: { name: echo, namespace: team }
spec:
  parameters: [{ name: TEXT, default: hello }]
  steps:
    - name: say
      image: slipway.dev/builder
      command: [node, -e]
      args: ['for (let i = 0; i < 3; i++) console.log("\${TEXT}", i)']
`
const build = `
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: one, namespace: team }
spec:
  template: { name: echo, arguments: [{ name: TEXT, value: good day }] }
`
const deployment = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: team }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          command: [node, -e]
          args: ['console.log("up"); require("http").createServer((_, r) => r.end("hi")).listen(8080); process.on("SIGTERM", () => process.exit(0))']
          readinessProbe: { tcpSocket: { port: 8080 } }
`

/** One line of the session: the arguments, and what must be in its output. */
interface Line {
  args: string[]
  input?: string
  wants?: RegExp[]
  /** The exit code; default 0. */
  code?: number
}

const session = (image: string): Line[] => [
  { args: ['version'], wants: [/Server Version: v1\.\d+/] },
  { args: ['cluster-info'], wants: [/is running at/] },
  {
    args: ['api-resources'],
    wants: [
      /builds\s+build\.knative\.dev\/v1alpha1\s+true\s+Build/,
      /services\s+kservice,ksvc\s+serving\.knative\.dev\/v1/,
      /deployments\s+deploy\s+apps\/v1/,
    ],
  },
  { args: ['api-versions'], wants: [/serving\.knative\.dev\/v1$/m, /slipway\.dev\/v1alpha1/] },
  { args: ['explain', 'ksvc.spec'], wants: [/KIND:\s+Service/, /template\s+<Object>/] },
  { args: ['explain', 'builds.spec.source.git'], wants: [/revision\s+<string>/, /Branch, tag/] },
  { args: ['explain', 'pod.spec.containers', '--recursive'], wants: [/livenessProbe/] },
  { args: ['create', 'namespace', 'team'], wants: [/created/] },
  { args: ['apply', '-f', '-'], input: configMap, wants: [/configmap\/settings created/] },
  { args: ['apply', '-f', '-'], input: configMap, wants: [/unchanged/] },
  { args: ['apply', '--server-side', '-f', '-'], input: configMap, wants: [/serverside-applied/] },
  { args: ['patch', 'cm', 'settings', '-n', 'team', '-p', '{"data":{"colour":"red"}}'], wants: [/patched/] },
  { args: ['get', 'cm', 'settings', '-n', 'team', '-o', 'jsonpath={.data.colour}'], wants: [/^red$/] },
  {
    args: ['patch', 'cm', 'settings', '-n', 'team', '--type=json', '-p', '[{"op":"test","path":"/data/colour","value":"green"}]'],
    code: 1,
    wants: [/The request is invalid/],
  },
  { args: ['label', 'cm', 'settings', '-n', 'team', 'tier=front'], wants: [/labeled/] },
  { args: ['annotate', 'cm', 'settings', '-n', 'team', 'note=yes'], wants: [/annotated/] },
  { args: ['get', 'cm', '-n', 'team', '-l', 'tier in (front)', '-o', 'name'], wants: [/configmap\/settings/] },
  { args: ['create', 'secret', 'generic', 'key', '-n', 'team', '--from-literal=a=b'], wants: [/created/] },
  { args: ['describe', 'secret', 'key', '-n', 'team'], wants: [/a:\s+1 bytes/] },
  { args: ['get', 'serviceaccounts', '-n', 'team'], wants: [/default/] },
  { args: ['apply', '-f', '-'], input: template, wants: [/buildtemplate.*echo created/] },
  { args: ['apply', '-f', '-'], input: build, wants: [/build.*one created/] },
  { args: ['wait', '--for=condition=Succeeded', 'build/one', '-n', 'team', '--timeout=60s'], wants: [/condition met/] },
  { args: ['get', 'builds', '-A'], wants: [/NAMESPACE\s+NAME\s+SUCCEEDED\s+REASON/, /team\s+one\s+True/] },
  { args: ['describe', 'build', 'one', '-n', 'team'], wants: [/Succeeded/, /BuildSucceeded/] },
  { args: ['get', 'jobs', '-n', 'team'], wants: [/one\s+Complete\s+1\/1/] },
  { args: ['logs', 'job/one', '-n', 'team'], wants: [/good day 2/] },
  { args: ['apply', '-f', '-'], input: deployment(image), wants: [/deployment\.apps\/web created/] },
  { args: ['rollout', 'status', 'deployment/web', '-n', 'team', '--timeout=60s'], wants: [/successfully rolled out/] },
  { args: ['get', 'pods', '-n', 'team', '-l', 'app=web'], wants: [/1\/1\s+Running/] },
  { args: ['get', 'pods', '-n', 'team', '-o', 'wide'], wants: [/NODE/] },
  { args: ['logs', 'deployment/web', '-n', 'team'], wants: [/^up/] },
  { args: ['logs', 'deployment/web', '-n', 'team', '--tail=1', '--timestamps'], wants: [/^\d{4}-\d\d-\d\dT.* up/] },
  { args: ['scale', 'deployment/web', '-n', 'team', '--replicas=2'], wants: [/scaled/] },
  {
    args: ['wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/web', '-n', 'team', '--timeout=60s'],
    wants: [/condition met/],
  },
  { args: ['describe', 'deployment', 'web', '-n', 'team'], wants: [/ScalingReplicaSet/, /2 available/] },
  { args: ['get', 'events', '-n', 'team'], wants: [/ScalingReplicaSet/] },
  { args: ['get', 'nodes'], wants: [/Ready/] },
  { args: ['get', '--raw', '/readyz'], wants: [/ok/] },
  { args: ['get', 'ksvc,revisions,routes,configurations', '-A'], wants: [/No resources found|NAME/] },
  { args: ['auth', 'can-i', 'create', 'builds.build.knative.dev'], wants: [/yes/] },
  {
    args: ['apply', '-f', '-'],
    input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: BAD_NAME, namespace: team }\n',
    code: 1,
    wants: [/metadata\.name: Invalid value: "BAD_NAME": a lowercase RFC 1123 subdomain/],
  },
  {
    args: ['create', '-f', '-'],
    input: build.replace('name: echo', 'nam: echo'),
    code: 1,
    wants: [/unknown field "spec\.template\.nam"/],
  },
  {
    args: ['create', '-f', '-'],
    input: build.replace('name: one', 'name: two').replace('template: {', 'timeout: soon\n  template: {'),
    code: 1,
    wants: [/spec\.timeout: Invalid value: "soon"/],
  },
  {
    args: ['get', 'build', 'nope', '-n', 'team'],
    code: 1,
    wants: [/Error from server \(NotFound\): builds\.build\.knative\.dev "nope" not found/],
  },
  { args: ['delete', 'deployment', 'web', '-n', 'team'], wants: [/deleted/] },
  { args: ['wait', '--for=delete', 'pod', '-l', 'app=web', '-n', 'team', '--timeout=60s'] },
  { args: ['delete', 'build', 'one', '-n', 'team'], wants: [/deleted/] },
  { args: ['wait', '--for=delete', 'job/one', '-n', 'team', '--timeout=30s'] },
  { args: ['delete', 'namespace', 'team', '--timeout=60s'], wants: [/deleted/] },
  { args: ['get', 'all', '-n', 'team'], wants: [/No resources found/] },
]

async function runLine(slipway: Slipway, { args, input, wants = [], code = 0 }: Line): Promise<void> {
  const result = await slipway.tryKubectl(args, { ...(input !== undefined && { input }) })
  const output = result.stdout + result.stderr
  const shown = `kubectl ${args.join(' ').slice(0, 90)}`
  check(
    `${shown}${code ? ` (refused: ${output.trim().split('\n').at(-1)?.slice(0, 120)})` : ''}`,
    result.code === code && wants.every(want => want.test(output)),
    `exit code ${result.code}: ${output}`,
  )
}

/** `get -w` and `edit` need a second process. */
async function watchAndEdit(slipway: Slipway): Promise<void> {
  const watching = spawn('kubectl', ['get', 'cm', '-n', 'default', '-w'], {
    env: { ...process.env, KUBECONFIG: slipway.kubeconfig },
  })
  let seen = ''
  watching.stdout.on('data', chunk => {
    seen += chunk
  })
  try {
    await slipway.kubectl(['create', 'configmap', 'watched', '-n', 'default'])
    await waitFor('kubectl get -w to show the new object', () => /^watched\s/m.test(seen))
    check('kubectl get cm -w shows what is new', true)
  } finally {
    watching.kill()
  }
  const editor = { KUBE_EDITOR: 'sed -i \'s/^metadata:/data: {edited: "yes"}\\nmetadata:/\'' }
  const edited = await slipway.tryKubectl(['edit', 'cm', 'watched', '-n', 'default'], { env: editor })
  check('kubectl edit', edited.code === 0 && /edited/.test(edited.stdout), edited.stderr)
}

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const { stdout } = await tryCommand('kubectl', ['version', '--client', '-o', 'yaml'])
  say(`kubectl ${/gitVersion: (\S+)/.exec(stdout)?.[1]}`)
  const slipway = await startSlipway(scope)
  const lines = session(`registry.localhost:${slipway.ports.registry}/slipway/base-node:latest`)
  for (const line of lines) await runLine(slipway, line)
  await watchAndEdit(slipway)
  say(`${lines.length + 2} commands`)
}
