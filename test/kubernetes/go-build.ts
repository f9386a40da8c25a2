/**
 * Builds one Go program of a pinned module into a folder, by a module file made for it. Runs at low priority and one package at a
 * time, because a test machine has other work. Nothing is written outside the folder and Go's own caches.
 */
import { spawn } from 'node:child_process'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type GoProgram, kubernetesVersion, stagingModules } from './versions.ts'

/** The `go.mod` that requires a program's module; that of Kubernetes also names the staging modules' releases. Pure. */
export function goModule(program: GoProgram): string {
  const lines = ['module slipway.dev/test-kubernetes', '', 'go 1.24.0', '', `require ${program.module} ${program.version}`]
  if (program.module === 'k8s.io/kubernetes') {
    const release = program.version.replace(/^v1\./, 'v0.')
    lines.push('', 'replace (', ...stagingModules.map(name => `\tk8s.io/${name} => k8s.io/${name} ${release}`), ')')
  }
  return `${lines.join('\n')}\n`
}

/** Without a stamp `kubectl version` and client-go's feature checks cannot parse the server's version. Pure. */
export function linkFlags(program: GoProgram): string {
  if (program.module !== 'k8s.io/kubernetes') return '-s -w'
  const [major, minor] = kubernetesVersion.split('.')
  const stamp = { gitVersion: program.version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean', gitCommit: 'module' }
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(path =>
    Object.entries(stamp).map(([name, value]) => `-X ${path}.${name}=${value}`),
  )
  return ['-s -w', ...flags].join(' ')
}

function go(args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nice', ['-n', '15', 'go', ...args], {
      cwd,
      env: {
        ...process.env,
        GOMAXPROCS: '1',
        GOFLAGS: '-mod=mod -buildvcs=false',
        GOTOOLCHAIN: 'local',
        CGO_ENABLED: '0',
        GOWORK: 'off',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
    child.on('error', reject)
    child.on('exit', code =>
      code === 0 ? resolve() : reject(new Error(`go ${args[0]} failed with exit code ${code}: ${said.trim()}`)),
    )
  })
}

/** Builds `program` to `file`, which appears only when whole. @throws Error with the compiler's last words */
export async function buildGoProgram(program: GoProgram, file: string): Promise<void> {
  const workspace = join(dirname(file), 'modules', program.module.replaceAll('/', '_'))
  await mkdir(workspace, { recursive: true })
  await writeFile(join(workspace, 'go.mod'), goModule(program))
  const partial = `${file}.${process.pid}.partial`
  await go(['build', '-p', '1', '-trimpath', '-ldflags', linkFlags(program), '-o', partial, program.package], workspace)
  await rename(partial, file)
}
