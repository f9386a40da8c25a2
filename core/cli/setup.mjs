// Makes a fresh machine ready, then runs something under the project's own Node. Plain JavaScript for any Node >= 20, with no dependencies:
// it is what `npm start` and `npm test` call before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const marker = join(root, 'node_modules', '.slipway-lock')

/** Programs that Slipway runs, the Debian package that has each, and what goes missing without it. */
const programs = [
  { program: 'git', package: 'git', for: 'everything', required: true },
  { program: 'redis-server', package: 'redis-server', for: 'the queue (or set REDIS_URL)', required: !process.env.REDIS_URL },
  { program: 'runc', package: 'runc', for: 'containers', required: true },
  { program: 'conmon', package: 'conmon', for: 'containers', required: true },
  { program: 'ip', package: 'iproute2', for: "pods' networks", required: true },
  { program: 'nft', package: 'nftables', for: "pods' way out", required: false },
  { program: 'busybox', package: 'busybox-static', for: 'the base image of static sites', required: false },
  { program: 'buildah', package: 'buildah', for: 'Dockerfile builds', required: false },
]
/** What only the tests and benchmarks use; each is skipped with a reason where it is missing. */
const testPrograms = [
  { program: 'skopeo', package: 'skopeo', for: 'registry tests', required: false },
  { program: 'docker-registry', package: 'docker-registry', for: 'registry tests', required: false },
  { program: 'nginx', package: 'nginx-light', for: 'benchmark references', required: false },
  { program: 'wrk', package: 'wrk', for: 'benchmarks', required: false },
]

const say = text => process.stderr.write(`${text}\n`)

function has(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], cwd: root, ...options })
  if (error) say(`${command}: ${error.message}`)
  return !error && !signal && status === 0
}

/** npm ci, when the lock file is not the one that node_modules was made from. */
function ensureDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const wanted = createHash('sha256')
    .update(lock)
    .update(process.platform + process.arch)
    .digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  say('installing dependencies (npm ci) …')
  // npm is run by the Node that runs this, whatever PATH says: the project's own Node is only just being installed.
  const npm = process.env.npm_execpath
  const ok = npm?.endsWith('.js') ? run(process.execPath, [npm, 'ci']) : run('npm', ['ci'])
  if (!ok) {
    say('npm ci failed; see above. Slipway needs its dependencies to go on.')
    process.exit(1)
  }
  writeFileSync(marker, wanted)
}

/** How to become root without being asked for a password, or undefined. */
function asRoot() {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive']
    : undefined
}

function install(packages) {
  const prefix = asRoot()
  if (!prefix || !has('apt-get')) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120', ...args]
    return run(command, rest, { env })
  }
  say(`installing system packages: ${packages.join(' ')} …`)
  // One at a time where they do not go together: a package that this system lacks must not keep the others away.
  return (
    apt('update') &&
    (apt('install', '-y', '--no-install-recommends', ...packages) ||
      packages.map(name => apt('install', '-y', '--no-install-recommends', name)).every(Boolean))
  )
}

function ensurePrograms(list) {
  const missing = () => list.filter(({ program }) => !has(program))
  const before = missing()
  if (!before.length) return
  if (process.platform === 'linux' && !process.env.SLIPWAY_NO_INSTALL) install(before.map(p => p.package))
  const left = missing()
  if (!left.length) return
  for (const { program, for: use, required } of left) say(`${required ? 'missing' : 'not there'}: ${program} (${use})`)
  say(`To install: sudo apt-get install -y ${left.map(p => p.package).join(' ')}`)
  if (left.some(p => p.required)) process.exit(1)
}

/**
 * How the platform's own process is run. New objects get little room and are collected often, and threads share two heaps of malloc's: that
 * keeps 50 MB and more from being held for nothing (225 to 172 MB after the tour).
 */
const platform = JSON.parse(readFileSync(join(root, 'core/process/node-flags.json'), 'utf8'))

/** Runs a program under the project's Node, with its node_modules/.bin first on PATH; ends as it ends. */
function exec(args) {
  const bin = join(root, 'node_modules', '.bin')
  const node = join(bin, 'node')
  const env = {
    ...platform.env,
    ...process.env,
    PATH: [bin, process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compile'),
  }
  const child = spawn(existsSync(node) ? node : process.execPath, args, {
    stdio: 'inherit',
    env,
    cwd: process.env.INIT_CWD ?? process.cwd(),
  })
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    say(error.message)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 143 : (code ?? 1)))
}

const [verb = 'start', ...rest] = process.argv.slice(2)
ensureDependencies()
ensurePrograms(verb === 'test' ? [...programs, ...testPrograms] : programs)
if (verb === 'start') exec([...platform.flags, join(root, 'core/cli/main.ts'), 'start', ...rest])
else if (verb === 'run') exec([join(root, rest[0]), ...rest.slice(1)])
else if (verb === 'test') exec([join(root, 'test/main.ts'), ...rest])
else {
  say(`unknown verb ${verb}: start, test or run`)
  process.exit(2)
}
