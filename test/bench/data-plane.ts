/**
 * The data plane under load, beside nginx with one worker in the same minutes: the gateway alone, and the whole chain (gateway, activator,
 * queue-proxy) as `slipway run data-plane` starts it. Rounds are interleaved, so that a noisy neighbour meets all of them.
 * Load is wrk with one thread and 32 connections; the app answers 12 bytes.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atLeast, atMost, type Measured, spread } from '../harness/bench.ts'
import { freePort } from '../harness/free-port.ts'
import { runCommand } from '../harness/run-command.ts'
import { openScope, type Scope } from '../harness/scope.ts'
import { type RunningProcess, startProcess } from '../harness/start-process.ts'

export const title = 'data plane: requests a second beside nginx, memory over a million requests'

const rounds = 5
const roundSeconds = 4
const steadyRequests = 1_000_000
const host = 'bench.demo.localhost'
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const rounded = (n: number, digits = 1) => Number(n.toFixed(digits))

interface Target {
  name: string
  port: number
  process: RunningProcess
}
interface Round {
  perSecond: number
  p99Ms: number
  cpuMicros: number
}

const nginxConfig = (dir: string, app: number, port: number) => `worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/nginx-error.log;
daemon off;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${dir}/${kind};`).join('\n  ')}
  upstream app { server 127.0.0.1:${app}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`

const answers = (port: number) => async () => {
  const stdout = await runCommand('curl', [
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    `Host: ${host}`,
    `http://127.0.0.1:${port}/`,
  ])
  return stdout.trim() === '200'
}

async function startAll(scope: Scope): Promise<Record<'app' | 'nginx' | 'gateway' | 'chain', Target>> {
  const dir = await scope.folder('slipway-bench-')
  // As plugins/data-plane starts it.
  const flags = ['--max-semi-space-size=1', '--v8-pool-size=1']
  const env = { NODE_COMPILE_CACHE: join(dir, 'compile-cache'), SLIPWAY_LOG_LEVEL: 'warn' }
  const start = async (
    name: string,
    port: number,
    command: string,
    args: string[],
    more: Record<string, string> = {},
  ): Promise<Target> => {
    const process = await startProcess({
      name,
      command,
      args,
      env: { ...env, ...more },
      logFile: join(dir, `${name}.log`),
      ready: answers(port),
    })
    scope.defer(() => process.stop())
    return { name, port, process }
  }
  const [appPort, nginxPort, gatewayPort, chainPort, apiPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const app = await start('app', appPort, process.execPath, [here('./data-plane.app.ts'), String(appPort)])
  await writeFile(join(dir, 'nginx.conf'), nginxConfig(dir, appPort, nginxPort))
  const nginx = await start('nginx', nginxPort, 'nginx', ['-c', join(dir, 'nginx.conf')])
  const kubeconfig = join(dir, 'kubeconfig')
  const api = await startProcess({
    name: 'apiserver',
    command: process.execPath,
    args: [here('./data-plane.objects.ts'), dir, String(apiPort), String(appPort), host],
    env,
    logFile: join(dir, 'apiserver.log'),
    ready: async () => (await readFile(join(dir, 'objects-ready'), 'utf8').catch(() => '')) !== '',
  })
  scope.defer(() => api.stop())
  const gateway = await start('gateway', gatewayPort, process.execPath, [
    ...flags,
    here('./data-plane.gateway.ts'),
    dir,
    kubeconfig,
    String(gatewayPort),
    String(appPort),
  ])
  const main = fileURLToPath(new URL('../../core/cli/main.ts', import.meta.url))
  const run = [...flags, main, '--home', dir, 'run', 'data-plane', '--kubeconfig', kubeconfig]
  // Once for the compile cache: what is measured is a start as every one but the first is.
  const warm = await start('warm', chainPort, process.execPath, run, { SLIPWAY_GATEWAY_PORT: String(chainPort) })
  await warm.process.stop()
  const chain = await start('chain', chainPort, process.execPath, run, { SLIPWAY_GATEWAY_PORT: String(chainPort) })
  return { app, nginx, gateway, chain }
}

/** The process that works: nginx's worker is a child of what was started, and so is everything below setpriv. */
async function workerOf({ process }: Target): Promise<number> {
  let pid = process.pid
  for (;;) {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim()
    if (!children) return pid
    pid = Number(children.split(' ')[0])
  }
}
const ticksPerSecond = 100
async function cpuMicros(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6
}
async function rssMb(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

const milliseconds = (text: string): number => {
  const [, value, unit] = /([\d.]+)(us|ms|s)/.exec(text) ?? []
  return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1)
}

async function load(target: Target, pid: number, seconds = roundSeconds): Promise<Round & { requests: number }> {
  const before = await cpuMicros(pid)
  const args = ['-t1', '-c32', `-d${seconds}`, '--latency', '-H', `Host: ${host}`, `http://127.0.0.1:${target.port}/`]
  const stdout = await runCommand('wrk', args, { timeoutMs: (seconds + 20) * 1000 })
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)
  if (failed) throw new Error(`${target.name} answered ${failed[1]} requests with errors:\n${stdout}`)
  const requests = Number(/(\d+) requests in/.exec(stdout)![1])
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]),
    p99Ms: milliseconds(/99%\s+(\S+)/.exec(stdout)![1]!),
    cpuMicros: ((await cpuMicros(pid)) - before) / requests,
  }
}

export async function run(): Promise<Measured> {
  const scope = openScope()
  try {
    const targets = await startAll(scope)
    const pids = Object.fromEntries(
      await Promise.all(Object.values(targets).map(async t => [t.name, await workerOf(t)] as const)),
    )
    const idle = { gateway: await rssMb(pids.gateway!), chain: await rssMb(pids.chain!) }
    const seen: Record<string, Round[]> = { app: [], nginx: [], gateway: [], chain: [] }
    for (const target of Object.values(targets)) await load(target, pids[target.name]!, 1)
    for (let i = 0; i < rounds; i++)
      for (const target of Object.values(targets)) seen[target.name]!.push(await load(target, pids[target.name]!))

    const figures: Record<string, unknown> = {}
    const perSecond = (name: string) => spread(seen[name]!.map(round => round.perSecond))
    for (const name of Object.keys(seen)) {
      const { min, p50, max } = perSecond(name)
      figures[`${name}_rps`] = { median: Math.round(p50), min: Math.round(min), max: Math.round(max) }
      figures[`${name}_p99_ms`] = rounded(spread(seen[name]!.map(round => round.p99Ms)).p50, 2)
      figures[`${name}_cpu_us`] = rounded(spread(seen[name]!.map(round => round.cpuMicros)).p50)
    }
    const after = await rssMb(pids.chain!)
    let requests = 0
    while (requests < steadyRequests) requests += (await load(targets.chain, pids.chain!, 10)).requests
    const steady = await rssMb(pids.chain!)
    Object.assign(figures, {
      chain_idle_rss_mb: rounded(idle.chain),
      gateway_idle_rss_mb: rounded(idle.gateway),
      chain_rss_after_rounds_mb: rounded(after),
      chain_rss_after_million_mb: rounded(steady),
      steady_requests: requests,
    })
    // Each round is compared with nginx's of the same minute; the median of these ratios is what counts.
    const ratio = (name: string) =>
      rounded(spread(seen[name]!.map((round, i) => (100 * round.perSecond) / seen.nginx![i]!.perSecond)).p50)
    return {
      figures,
      goals: [
        atLeast('gateway alone', ratio('gateway'), '% of nginx', 50),
        atLeast('whole chain', ratio('chain'), '% of nginx', 55),
        atMost('data plane idle', rounded(idle.chain), 'MB RSS', 80),
        atMost('growth over a million requests', rounded(steady - after), 'MB RSS', 10),
      ],
    }
  } finally {
    await scope.close()
  }
}
