/** What a cluster must be able to do before anything of Slipway is tried on it. Each check makes and removes objects of its own. */
import { runCommand, tryCommand } from '../harness/run-command.ts'
import { waitFor } from '../harness/wait-for.ts'
import { busyboxImage } from './cluster.ts'

export interface ClusterCheck {
  name: string
  run(kubectl: Kubectl): Promise<void>
}
export type Kubectl = (args: string[], input?: string) => Promise<string>

export const kubectlOf =
  (kubeconfig: string): Kubectl =>
  (args, input) =>
    runCommand('kubectl', ['--kubeconfig', kubeconfig, ...args], { timeoutMs: 120_000, ...(input !== undefined && { input }) })

const container = (command: string[], rest: object = {}) => ({
  name: 'main',
  image: busyboxImage,
  imagePullPolicy: 'IfNotPresent',
  command,
  ...rest,
})
const expect = (what: string, isSo: boolean, seen: string) => {
  if (!isSo) throw new Error(`${what}; seen: ${seen}`)
}
const web = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              container(['sh', '-c', 'mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 8080 -h /www'], {
                ports: [{ containerPort: 8080 }],
                readinessProbe: { httpGet: { port: 8080, path: '/' }, periodSeconds: 1 },
              }),
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ],
}

const job = (name: string, command: string[], rest: object = {}) =>
  JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container(command, rest)] } } },
  })

export const clusterChecks: ClusterCheck[] = [
  {
    name: 'a Job runs to its end and its log is read',
    async run(kubectl) {
      await kubectl(['apply', '-f', '-'], job('hello', ['sh', '-c', 'echo hello from $(hostname)']))
      await kubectl(['wait', '--for=condition=Complete', 'job/hello', '--timeout=60s'])
      const log = await kubectl(['logs', 'job/hello'])
      expect('the log has what the Job wrote', log.startsWith('hello from hello-'), log)
      await kubectl(['delete', 'job', 'hello'])
    },
  },
  {
    name: 'a Job that exits 3 fails',
    async run(kubectl) {
      await kubectl(['apply', '-f', '-'], job('fails', ['sh', '-c', 'exit 3']))
      await kubectl(['wait', '--for=condition=Failed', 'job/fails', '--timeout=60s'])
      const code = await kubectl([
        'get',
        'pods',
        '-l',
        'job-name=fails',
        '-o',
        'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}',
      ])
      expect('the exit code is told', code === '3', code)
      await kubectl(['delete', 'job', 'fails'])
    },
  },
  {
    name: 'a container above its memory limit is OOMKilled',
    async run(kubectl) {
      await kubectl(
        ['apply', '-f', '-'],
        job('greedy', ['sh', '-c', 'x=a; while :; do x=$x$x; done'], { resources: { limits: { memory: '32Mi' } } }),
      )
      await kubectl(['wait', '--for=condition=Failed', 'job/greedy', '--timeout=60s'])
      const reason = await kubectl([
        'get',
        'pods',
        '-l',
        'job-name=greedy',
        '-o',
        'jsonpath={.items[0].status.containerStatuses[0].state.terminated.reason}',
      ])
      expect('the reason is told', reason === 'OOMKilled', reason)
      await kubectl(['delete', 'job', 'greedy'])
    },
  },
  {
    name: 'a Deployment is reached through its Service from a Pod, on every replica',
    async run(kubectl) {
      await kubectl(['apply', '-f', '-'], JSON.stringify(web))
      await kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'])
      const address = await kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])
      const seen = new Set<string>()
      await waitFor('both replicas to answer', async () => {
        seen.add((await kubectl(['exec', 'deploy/web', '--', 'wget', '-q', '-O', '-', `http://${address}/`])).trim())
        return seen.size === 2
      })
      await kubectl(['delete', 'deployment,service', 'web'])
    },
  },
  {
    name: 'a Deployment scales and its Pods go',
    async run(kubectl) {
      await kubectl(['apply', '-f', '-'], JSON.stringify(web.items[0]))
      await kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'])
      await kubectl(['scale', 'deployment/web', '--replicas=0'])
      await waitFor('no Pod to be left', async () => (await kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name'])) === '')
      await kubectl(['delete', 'deployment', 'web'])
    },
  },
]

/** @returns the failures, by name */
export async function runClusterChecks(kubeconfig: string, say: (line: string) => void): Promise<Map<string, string>> {
  const failures = new Map<string, string>()
  const namespace = `slipway-check-${process.pid}`
  const kubectl = kubectlOf(kubeconfig)
  await kubectl(['create', 'namespace', namespace])
  try {
    await waitFor(
      'the default ServiceAccount',
      async () => (await tryCommand('kubectl', ['--kubeconfig', kubeconfig, '-n', namespace, 'get', 'sa', 'default'])).code === 0,
    )
    for (const check of clusterChecks) {
      const began = performance.now()
      const took = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
      try {
        await check.run((args, input) => kubectl(['-n', namespace, ...args], input))
        say(`  passed  ${check.name}  ${took()}`)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        failures.set(check.name, message)
        say(`  FAILED  ${check.name}  ${took()}: ${message}`)
      }
    }
  } finally {
    await tryCommand('kubectl', ['--kubeconfig', kubeconfig, 'delete', 'namespace', namespace, '--wait=false'])
  }
  return failures
}
