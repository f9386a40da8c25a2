/** etcd and kube-apiserver on free ports: an API server that answers as a cluster's does, with nobody acting on its objects. */
import { mkdir, readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { freePort } from '../harness/free-port.ts'
import type { Scope } from '../harness/scope.ts'
import { type RunningProcess, startProcess } from '../harness/start-process.ts'
import { type Authority, type CertificateFiles, createAuthority, serviceAccountKey } from './certificates.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import type { Sandbox } from './sandbox.ts'

export interface ControlPlaneOptions {
  programs: Map<string, string>
  folder: string
  scope: Scope
  /** The address that the node and its pods reach the API server by; default loopback only. */
  address?: string
  /** etcd waits for the disk, as in production; default false, tests have nothing to lose. */
  durable?: boolean
  /** How a program is run inside a sandbox; its ports are then its own. */
  enter?: Sandbox['enter']
}

export interface ControlPlane {
  url: string
  authority: Authority
  admin: CertificateFiles
  kubeconfig: string
  serviceAccountKey: string
  etcdUrl: string
  /** kube-apiserver and etcd, by name. */
  processes: RunningProcess[]
}

export const serviceRange = '10.96.0.0/16'
export const serviceRangeFirst = '10.96.0.1'

function probe(url: string, ca: string, client: { cert: string; key: string }): Promise<boolean> {
  return new Promise(resolve => {
    const agent = new Agent({ keepAlive: false })
    const call = request(`${url}/readyz`, { ca, ...client, agent, timeout: 2000 }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200))
    })
    call.on('error', () => resolve(false))
    call.on('timeout', () => call.destroy())
    call.end()
  })
}

const directly: Sandbox['enter'] = (command, args) => ({ command, args })

async function startEtcd({
  programs,
  folder,
  durable,
  address = '127.0.0.1',
  enter = directly,
}: ControlPlaneOptions): Promise<{ url: string; process: RunningProcess }> {
  const url = `http://${address}:${await freePort()}`
  const peer = `http://${address}:${await freePort()}`
  const process = await startProcess({
    name: 'etcd',
    ...enter(programs.get('etcd')!, [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--log-level=warn',
      ...(durable ? [] : ['--unsafe-no-fsync']),
    ]),
    logFile: join(folder, 'etcd.log'),
    ready: async () => (await fetch(`${url}/health`)).ok,
  })
  return { url, process }
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { programs, folder, scope, address = '127.0.0.1', enter = directly } = options
  const pki = join(folder, 'pki')
  await mkdir(pki, { recursive: true, mode: 0o700 })
  const authority = await createAuthority(pki)
  const names = [
    'DNS:localhost',
    'DNS:kubernetes',
    'DNS:kubernetes.default',
    'DNS:kubernetes.default.svc',
    'IP:127.0.0.1',
    `IP:${serviceRangeFirst}`,
  ]
  if (address !== '127.0.0.1') names.push(`IP:${address}`)
  const [server, admin, kubeletClient, signing] = await Promise.all([
    authority.issue('apiserver', { commonName: 'kube-apiserver', names }),
    authority.issue('admin', { commonName: 'admin', organization: 'system:masters' }),
    authority.issue('apiserver-kubelet-client', { commonName: 'kube-apiserver', organization: 'system:masters' }),
    serviceAccountKey(pki),
  ])
  const etcd = await startEtcd(options)
  scope.defer(() => etcd.process.stop())

  const port = await freePort()
  const url = `https://${address}:${port}`
  const [cert, key] = await Promise.all([readFile(admin.cert, 'utf8'), readFile(admin.key, 'utf8')])
  const apiserver = await startProcess({
    name: 'kube-apiserver',
    ...enter(programs.get('kube-apiserver')!, [
      `--etcd-servers=${etcd.url}`,
      `--bind-address=${address}`,
      `--advertise-address=${address}`,
      `--secure-port=${port}`,
      // A loopback address is refused as an endpoint of the `kubernetes` Service.
      ...(address === '127.0.0.1' ? ['--endpoint-reconciler-type=none'] : []),
      `--service-cluster-ip-range=${serviceRange}`,
      `--tls-cert-file=${server.cert}`,
      `--tls-private-key-file=${server.key}`,
      `--client-ca-file=${authority.caFile}`,
      `--kubelet-client-certificate=${kubeletClient.cert}`,
      `--kubelet-client-key=${kubeletClient.key}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${signing.publicKey}`,
      `--service-account-signing-key-file=${signing.privateKey}`,
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=true',
      '--v=1',
    ]),
    logFile: join(folder, 'kube-apiserver.log'),
    readyTimeoutMs: 90_000,
    ready: () => probe(url, authority.ca, { cert, key }),
  })
  // It waits up to a minute for open watches otherwise; nobody reads them any more.
  scope.defer(() => apiserver.stop('SIGTERM', 3000))
  return {
    url,
    authority,
    admin,
    kubeconfig: await writeKubeconfig(join(folder, 'kubeconfig'), url, authority.caFile, admin),
    serviceAccountKey: signing.privateKey,
    etcdUrl: etcd.url,
    processes: [etcd.process, apiserver],
  }
}
