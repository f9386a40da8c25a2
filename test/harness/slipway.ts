/**
 * A Slipway of a test's own: the embedded profile as users start it, in a process and a home folder of its own, on free ports. Its
 * containers, networks and children are gone when the scope closes.
 */
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ApiClient, connectApi, readKubeconfig } from '@slipway/core/client'
import { freePort } from './free-port.ts'
import { type CommandOptions, type CommandResult, runCommand, tryCommand } from './run-command.ts'
import type { Scope } from './scope.ts'
import { type RunningProcess, startProcess, tailOf } from './start-process.ts'
import { waitFor } from './wait-for.ts'

/** As `npm start` runs it. */
const platform = JSON.parse(readFileSync(new URL('../../core/process/node-flags.json', import.meta.url), 'utf8')) as {
  flags: string[]
  env: Record<string, string>
}
const main = fileURLToPath(new URL('../../core/cli/main.ts', import.meta.url))

export interface SlipwayOptions {
  /** Further settings for slipway.yaml, by plugin. */
  plugins?: Record<string, Record<string, unknown>>
  env?: Record<string, string>
}
export interface Slipway {
  readonly home: string
  readonly ports: { api: number; gateway: number; registry: number; git: number; dashboard: number }
  readonly kubeconfig: string
  readonly api: ApiClient
  /** How long the last start took until everything was up, in milliseconds. */
  readonly startedInMs: number
  /** The id of the control plane's process. */
  readonly pid: number
  kubectl(args: string[], options?: CommandOptions): Promise<string>
  tryKubectl(args: string[], options?: CommandOptions): Promise<CommandResult>
  slipway(args: string[], options?: CommandOptions): Promise<CommandResult>
  /** Ends the control plane's process; by default as a crash would. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts again what was killed or stopped. */
  start(): Promise<void>
  /** The end of its log. */
  log(lines?: number): Promise<string>
}

/** Starts Slipway; the scope stops it. */
export async function startSlipway(scope: Scope, { plugins = {}, env = {} }: SlipwayOptions = {}): Promise<Slipway> {
  const home = join(await scope.folder('slipway-home-'), 'home')
  await mkdir(home, { recursive: true })
  const ports = {
    api: await freePort(),
    gateway: await freePort(),
    registry: await freePort(),
    git: await freePort(),
    dashboard: await freePort(),
  }
  const configuration = {
    plugins: {
      ...plugins,
      apiserver: { port: ports.api, ...plugins.apiserver },
      gateway: { port: ports.gateway, ...plugins.gateway },
      registry: { port: ports.registry, ...plugins.registry },
      'git-server': { port: ports.git, ...plugins['git-server'] },
      dashboard: { port: ports.dashboard, ...plugins.dashboard },
    },
  }
  // JSON is YAML.
  await writeFile(join(home, 'slipway.yaml'), JSON.stringify(configuration))
  const kubeconfig = join(home, 'kubeconfig')
  const output = join(home, 'output.log')
  let process_: RunningProcess | undefined
  let startedInMs = 0
  let api: ApiClient | undefined

  const start = async () => {
    const before = (await readFile(output, 'utf8').catch(() => '')).length
    const began = performance.now()
    process_ = await startProcess({
      name: 'slipway',
      command: process.execPath,
      args: [...platform.flags, main, '--home', home, 'start', '--no-tour'],
      env: { ...platform.env, ...env },
      logFile: output,
      readyTimeoutMs: 120_000,
      ready: async () => (await readFile(output, 'utf8')).slice(before).includes('Serving.'),
      signal: scope.signal,
    })
    startedInMs = performance.now() - began
    api ??= connectApi(await readKubeconfig(kubeconfig))
  }
  scope.defer(async () => {
    await api?.close()
    await process_?.stop('SIGTERM', 60_000)
    await tryCommand(process.execPath, [main, '--home', home, 'clean', '--yes'])
  })
  await start()
  const kube = { KUBECONFIG: kubeconfig }
  const inside = (options: CommandOptions = {}): CommandOptions => ({
    timeoutMs: 120_000,
    ...options,
    env: { ...kube, ...options.env },
  })
  return {
    home,
    ports,
    kubeconfig,
    get api() {
      return api!
    },
    get startedInMs() {
      return startedInMs
    },
    get pid() {
      return process_!.pid
    },
    kubectl: (args, options) => runCommand('kubectl', args, inside(options)),
    tryKubectl: (args, options) => tryCommand('kubectl', args, inside(options)),
    slipway: (args, options) => tryCommand(process.execPath, [main, '--home', home, ...args], inside(options)),
    async kill(signal = 'SIGKILL') {
      await process_!.stop(signal, 60_000)
    },
    start,
    log: (lines = 40) => tailOf(join(home, 'slipway.log'), lines),
  }
}

/** A working tree that is pushed to a Slipway. */
export interface WorkingTree {
  readonly folder: string
  write(file: string, text: string): Promise<void>
  git(...args: string[]): Promise<string>
  commit(message: string): Promise<string>
  /** @returns what git printed, and its exit code: a refused push is a result, not an error */
  push(remote: string, ref?: string): Promise<CommandResult>
}

export async function workingTree(scope: Scope): Promise<WorkingTree> {
  const folder = await scope.folder('slipway-tree-')
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' }
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main']
  const git = (...args: string[]) => runCommand('git', ['-C', folder, ...identity, ...args], { env })
  await git('init', '--quiet')
  return {
    folder,
    git,
    async write(file, text) {
      const path = join(folder, file)
      await mkdir(join(path, '..'), { recursive: true })
      await writeFile(path, text)
    },
    async commit(message) {
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '-m', message)
      return (await git('rev-parse', 'HEAD')).trim()
    },
    push: (remote, ref = 'HEAD:main') => tryCommand('git', ['-C', folder, 'push', remote, ref], { env, timeoutMs: 300_000 }),
  }
}

/** A small program that says which push it is. */
export async function writeApp(tree: WorkingTree, text: string): Promise<void> {
  await tree.write(
    'package.json',
    JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module', scripts: { start: 'node server.js' } }),
  )
  await tree.write(
    'server.js',
    `import { createServer } from 'node:http'
const server = createServer((_, response) => response.end(${JSON.stringify(text)} + ' ' + process.env.K_REVISION))
server.listen(process.env.PORT)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
  )
}

export const untilReady = (slipway: Slipway, service: string, namespace = 'demo') =>
  waitFor(`ksvc ${service} to be Ready`, async () => {
    const { stdout } = await slipway.tryKubectl([
      'get',
      'ksvc',
      service,
      '-n',
      namespace,
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
    ])
    return stdout === 'True'
  })
