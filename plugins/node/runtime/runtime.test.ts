import { expect } from 'chai'
import { boundingSet, capabilitiesFor } from './capabilities.ts'
import { conmonArgs, runtimeWords } from './conmon.ts'
import type { ContainerSpec } from './container-runtime.ts'
import { ociSpec } from './oci-spec.ts'
import { overlayOptions } from './root-fs.ts'
import { mustRun, runCommand } from './run-command.ts'

describe('capabilities', () => {
  const all = boundingSet('CapBnd:\t000001ffffffffff\n')
  const names = (request: Parameters<typeof capabilitiesFor>[0], available = all) =>
    capabilitiesFor(request, available).map(n => n.slice(4))
  it('are the usual fourteen', () =>
    expect(names({})).to.have.length(14).and.to.include('NET_BIND_SERVICE').and.not.to.include('SYS_ADMIN'))
  for (const { name, request, want } of [
    { name: 'none', request: { drop: ['ALL'] }, want: [] },
    { name: 'all but one', request: { drop: ['all'], add: ['NET_ADMIN', 'CAP_SYS_TIME'] }, want: ['NET_ADMIN', 'SYS_TIME'] },
  ])
    it(name, () => expect(names(request)).to.deep.equal(want))
  it('privileged has all', () => expect(names({ privileged: true })).to.have.length(41))
  it('leave out what this machine cannot grant', () => {
    const without = boundingSet('CapBnd:\t000001fffeffffff\n')
    expect(names({ privileged: true }, without))
      .to.have.length(40)
      .and.not.to.include('SYS_RESOURCE')
  })
})

describe('the runtime', () => {
  const spec: ContainerSpec = {
    ...{
      id: 'x',
      dir: '/d',
      layers: ['/l/a', '/l/b'],
      readonlyRoot: true,
      args: ['a'],
      env: [],
      cwd: '/',
      user: { uid: 5, gid: 6, groups: [7] },
      hostname: 'h',
    },
    ...{
      mounts: [{ source: '/s', destination: '/m', readonly: true }],
      netns: '/run/netns/n',
      hostPid: false,
      resources: { cpuShares: 512, cpuLimit: 0.5, memoryLimit: 100, pidsLimit: 9 },
    },
    ...{
      cgroupParent: 'pods/u',
      capabilities: ['CAP_KILL'],
      privileged: false,
      noNewPrivileges: true,
      oomScoreAdj: 1000,
      sysctls: {},
      logPath: '/log',
      stdin: false,
      tty: false,
    },
  }
  type Config = {
    process: { capabilities: Record<string, string[]> }
    linux: { resources: Record<string, unknown>; namespaces: { type: string; path?: string }[]; maskedPaths?: string[] }
    mounts: { destination: string; options: string[] }[]
  }
  const config = (more: Partial<ContainerSpec> = {}) =>
    ociSpec({ ...spec, ...more }, { cgroupsPath: '/c', mountCgroups: true }) as Config

  it('is told limits in the kernel’s units', () => {
    expect(config().linux.resources).to.deep.include({
      cpu: { shares: 512, period: 100_000, quota: 50_000 },
      memory: { limit: 100, swap: 100 },
      pids: { limit: 9 },
    })
  })
  it('keeps capabilities from users other than root', () => {
    expect(config().process.capabilities).to.deep.include({ bounding: ['CAP_KILL'], effective: [] })
    expect(config({ user: { uid: 0, gid: 0, groups: [] } }).process.capabilities.effective).to.deep.equal(['CAP_KILL'])
  })
  it('joins the pod’s network, and masks what tells of the host', () => {
    expect(config().linux.namespaces).to.deep.include({ type: 'network', path: '/run/netns/n' })
    expect(config({ netns: undefined }).linux.namespaces.map(n => n.type)).not.to.include('network')
    expect(config().linux.maskedPaths).to.include('/proc/kcore')
    expect(config({ privileged: true }).linux.maskedPaths).to.equal(undefined)
    expect(config().mounts.at(-1)).to.deep.include({ destination: '/m', options: ['rbind', 'rprivate', 'ro'] })
  })
  it('stacks layers the upper first, by short names', () => {
    expect(overlayOptions('/c', ['/l/a', '/l/b:c'], '/l')).to.equal('lowerdir=b\\:c:a,upperdir=/c/upper,workdir=/c/work')
  })
  it('is started with its log and its files', () => {
    const args = conmonArgs(
      { conmon: 'conmon', runtime: '/runc', runtimeRoot: '/r', exits: '/e', sockets: '/s' },
      { id: 'x', dir: '/d', logPath: '/log', stdin: true, tty: false },
    ).join(' ')
    expect(args)
      .to.contain('--log-path k8s-file:/log')
      .and.to.contain('--exit-dir /e')
      .and.to.match(/--stdin$/)
  })
  it('is quoted in its own words', () => {
    expect(runtimeWords('time="x" level=error msg="runc create failed: exec: \\"nope\\": not found"\n')).to.equal(
      'runc create failed: exec: "nope": not found',
    )
  })
  it('runs commands with a limit of time, and says what failed', async () => {
    expect((await runCommand('sleep', ['60'], { timeoutMs: 20 })).code).to.equal(undefined)
    expect(await runCommand('sh', ['-c', 'cat; exit 3'], { input: 'in' })).to.deep.equal({ code: 3, stdout: 'in', stderr: '' })
    await mustRun('sh', ['-c', 'echo why >&2; exit 1']).then(
      () => expect.fail('passed'),
      error => expect(error.message).to.equal('sh -c echo why >&2; exit 1: why'),
    )
    await runCommand('/nowhere', []).then(
      () => expect.fail('passed'),
      error => expect(error.message).to.match(/^cannot run \/nowhere: /),
    )
  })
})
