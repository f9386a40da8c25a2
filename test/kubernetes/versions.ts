/** The one place that pins what the real Kubernetes of the tests is made of. Changing a version makes a new cache folder and a new build. */

export const kubernetesVersion = '1.34.3'

export interface GoProgram {
  /** The file's name in the cache. */
  name: string
  /** The Go package that has its `main`. */
  package: string
  module: string
  version: string
}

const kubernetes = (name: string): GoProgram => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  module: 'k8s.io/kubernetes',
  version: `v${kubernetesVersion}`,
})
const cniPlugin = (name: string, folder: string): GoProgram => ({
  name,
  package: `github.com/containernetworking/plugins/plugins/${folder}/${name}`,
  module: 'github.com/containernetworking/plugins',
  version: 'v1.6.2',
})

export const etcd: GoProgram = {
  name: 'etcd',
  package: 'go.etcd.io/etcd/server/v3',
  module: 'go.etcd.io/etcd/server/v3',
  version: 'v3.5.21',
}

/** Enough for an API server that answers as a cluster's does. */
export const controlPlanePrograms: GoProgram[] = [etcd, kubernetes('kube-apiserver')]

/** What a node that runs pods needs besides. */
export const clusterPrograms: GoProgram[] = [
  ...controlPlanePrograms,
  kubernetes('kube-controller-manager'),
  kubernetes('kube-scheduler'),
  kubernetes('kubelet'),
  kubernetes('kube-proxy'),
  cniPlugin('bridge', 'main'),
  cniPlugin('loopback', 'main'),
  cniPlugin('host-local', 'ipam'),
  cniPlugin('portmap', 'meta'),
]

/** The staging modules of k8s.io/kubernetes: its go.mod points them at folders of its own, a module that requires it must name their releases. */
export const stagingModules = [
  'api',
  'apiextensions-apiserver',
  'apimachinery',
  'apiserver',
  'cli-runtime',
  'client-go',
  'cloud-provider',
  'cluster-bootstrap',
  'code-generator',
  'component-base',
  'component-helpers',
  'controller-manager',
  'cri-api',
  'cri-client',
  'csi-translation-lib',
  'dynamic-resource-allocation',
  'endpointslice',
  'externaljwt',
  'kms',
  'kube-aggregator',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
  'metrics',
  'mount-utils',
  'pod-security-admission',
  'sample-apiserver',
  'sample-cli-plugin',
  'sample-controller',
]
