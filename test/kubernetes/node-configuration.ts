/** The configuration files of a node's programs, as text. Pure. Why each setting is as it is stands beside it. */
import type { Sandbox } from './sandbox.ts'

export const pauseImage = 'slipway.test/pause:1'
export const nodeName = 'slipway-test-node'
export const podRange = '10.244.0.0/16'
export const clusterDns = '10.96.0.10'

export interface NodePaths {
  folder: string
  containerdSocket: string
  cniPrograms: string
  caFile: string
  runc: string
}

export const nodePaths = (folder: string) => ({ folder, containerdSocket: `${folder}/containerd.sock` })

export const containerdConfig = ({ folder, containerdSocket, cniPrograms, runc }: NodePaths): string => `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
disable_apparmor = true
# Without this no sandbox starts where the score of the tests themselves may not be lowered.
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${cniPrograms}"
conf_dir = "${folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "${runc}"
Root = "${folder}/runc"
SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${folder}/registries"
`

/** The node becomes Ready only once this exists. */
export const cniConfig = (folder: string): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: `${folder}/cni-addresses`,
          ranges: [[{ subnet: '10.244.0.0/24' }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  })

export const kubeletConfig = ({ folder, containerdSocket, caFile }: NodePaths, sandbox: Pick<Sandbox, 'address'>): string =>
  JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: sandbox.address,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: caFile } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    // Control groups may be mounted in hybrid mode, where the kubelet's own hierarchy cannot be made.
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    podLogsDir: `${folder}/pod-logs`,
    resolvConf: `${folder}/resolv.conf`,
    clusterDNS: [clusterDns],
    clusterDomain: 'cluster.local',
    // A full disk of the machine is no business of the tests.
    evictionHard: { 'memory.available': '1Mi', 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    nodeStatusUpdateFrequency: '2s',
    readOnlyPort: 0,
    serializeImagePulls: false,
    registerNode: true,
  })

export const kubeProxyConfig = (kubeconfig: string): string =>
  JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig },
    // These kernel settings can only be written in the machine's own network namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  })
