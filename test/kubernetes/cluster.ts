/** The controllers, the scheduler and the one node of a cluster, inside a sandbox. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand, tryCommand } from '../harness/run-command.ts'
import { type RunningProcess, startProcess } from '../harness/start-process.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { ControlPlane } from './control-plane.ts'
import { imageArchive, type SmallImage } from './image-archive.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  type NodePaths,
  nodeName,
  nodePaths,
  pauseImage,
  podRange,
} from './node-configuration.ts'
import type { Sandbox } from './sandbox.ts'
import type { SystemPrograms } from './system-programs.ts'

export interface ClusterOptions {
  programs: Map<string, string>
  system: SystemPrograms
  folder: string
  sandbox: Sandbox
  plane: ControlPlane
}
export interface Cluster {
  processes: RunningProcess[]
  /** Makes a docker or OCI archive's images known to the node. */
  importImage(archive: string): Promise<void>
}

/** An image of busybox's programs, for Pods of tests. */
export const busyboxImage = 'slipway.test/busybox:1'
const applets = [
  'sh',
  'sleep',
  'cat',
  'echo',
  'true',
  'false',
  'wget',
  'nc',
  'httpd',
  'env',
  'hostname',
  'ls',
  'mkdir',
  'test',
  'date',
  'printf',
  'seq',
  'kill',
  'ps',
  'id',
  'tail',
  'head',
  'grep',
  'yes',
  'dd',
]
const smallImages = (busybox: string): SmallImage[] => [
  { name: pauseImage, files: { 'bin/pause': busybox }, links: { 'bin/sleep': 'pause' }, command: ['/bin/sleep', '2147483647'] },
  {
    name: busyboxImage,
    files: { 'bin/busybox': busybox },
    links: Object.fromEntries(applets.map(name => [`bin/${name}`, 'busybox'])),
    command: ['/bin/sh'],
  },
]

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { programs, system, folder, sandbox, plane } = options
  const { authority, url } = plane
  const paths: NodePaths = {
    ...nodePaths(folder),
    cniPrograms: dirname(programs.get('bridge')!),
    caFile: authority.caFile,
    runc: system.runc,
  }
  const kubeconfig = async (name: string, commonName: string, organization?: string) =>
    writeKubeconfig(
      join(folder, `${name}.kubeconfig`),
      url,
      authority.caFile,
      await authority.issue(name, { commonName, ...(organization && { organization }) }),
    )
  const processes: RunningProcess[] = []
  const start = async (
    name: string,
    command: string,
    args: string[],
    env: Record<string, string> = {},
    ready?: () => Promise<boolean>,
  ) => {
    const running = await startProcess({
      name,
      ...sandbox.enter(command, args),
      env,
      logFile: join(folder, `${name}.log`),
      ...(ready && { ready }),
    })
    processes.push(running)
  }

  const [manager, scheduler, proxy, kubelet] = await Promise.all([
    kubeconfig('controller-manager', 'system:kube-controller-manager'),
    kubeconfig('scheduler', 'system:kube-scheduler'),
    kubeconfig('kube-proxy', 'system:kube-proxy'),
    kubeconfig('kubelet', `system:node:${nodeName}`, 'system:nodes'),
    ...['cni', 'pod-logs', 'registries', 'kubelet', 'containerd'].map(name => mkdir(join(folder, name), { recursive: true })),
  ])
  const files: Record<string, string> = {
    'containerd.toml': containerdConfig(paths),
    'cni/10-pods.conflist': cniConfig(folder),
    'kubelet.json': kubeletConfig(paths, sandbox),
    'kube-proxy.json': kubeProxyConfig(proxy),
    'resolv.conf': `nameserver ${sandbox.hostAddress}\n`,
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))

  const client = [`--kubeconfig=${manager}`, `--authentication-kubeconfig=${manager}`, `--authorization-kubeconfig=${manager}`]
  const ctr = async (...args: string[]) => {
    const inside = sandbox.enter(join(system.containerdFolder, 'ctr'), [
      '--address',
      paths.containerdSocket,
      '-n',
      'k8s.io',
      ...args,
    ])
    return tryCommand(inside.command, inside.args)
  }
  const importImage = async (archive: string) => {
    const { code, stderr } = await ctr('images', 'import', archive)
    if (code !== 0) throw new Error(`containerd did not take ${archive}: ${stderr.trim()}`)
  }
  const path = `${system.containerdFolder}:${process.env.PATH}`
  await Promise.all([
    start('kube-controller-manager', programs.get('kube-controller-manager')!, [
      ...client,
      '--bind-address=127.0.0.1',
      `--service-account-private-key-file=${plane.serviceAccountKey}`,
      `--root-ca-file=${authority.caFile}`,
      `--cluster-signing-cert-file=${authority.caFile}`,
      `--cluster-signing-key-file=${authority.caFile.replace(/crt$/, 'key')}`,
      `--cluster-cidr=${podRange}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
    ]),
    start('kube-scheduler', programs.get('kube-scheduler')!, [
      `--kubeconfig=${scheduler}`,
      `--authentication-kubeconfig=${scheduler}`,
      `--authorization-kubeconfig=${scheduler}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
    ]),
    start('kube-proxy', programs.get('kube-proxy')!, [`--config=${join(folder, 'kube-proxy.json')}`]),
    (async () => {
      const answers = async () => (await ctr('version')).code === 0
      await start(
        'containerd',
        join(system.containerdFolder, 'containerd'),
        ['--config', join(folder, 'containerd.toml')],
        { PATH: path },
        answers,
      )
      const archives = await Promise.all(smallImages(system.busybox).map(image => imageArchive(folder, image)))
      for (const archive of archives) await importImage(archive)
      await start(
        'kubelet',
        programs.get('kubelet')!,
        [
          `--config=${join(folder, 'kubelet.json')}`,
          `--kubeconfig=${kubelet}`,
          `--root-dir=${join(folder, 'kubelet')}`,
          `--cert-dir=${join(folder, 'kubelet-pki')}`,
          `--hostname-override=${nodeName}`,
          `--node-ip=${sandbox.address}`,
        ],
        { PATH: path },
      )
    })(),
  ])
  const kubectl = (...args: string[]) => runCommand('kubectl', ['--kubeconfig', plane.kubeconfig, ...args])
  await waitFor(
    'the node to be Ready',
    async () => {
      const ready = await kubectl('get', 'node', nodeName, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
      const account = await kubectl('get', 'serviceaccount', 'default', '-o', 'name')
      return ready === 'True' && account !== ''
    },
    { timeoutMs: 120_000, everyMs: 200 },
  )
  return { processes, importImage }
}
