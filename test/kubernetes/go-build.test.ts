import { expect } from 'chai'
import { goModule, linkFlags } from './go-build.ts'
import { clusterPrograms, etcd, kubernetesVersion } from './versions.ts'

const apiserver = clusterPrograms.find(({ name }) => name === 'kube-apiserver')!

describe('goModule', () => {
  it('requires the pinned version and nothing else', () =>
    expect(goModule(etcd)).to.equal(
      `module slipway.dev/test-kubernetes\n\ngo 1.24.0\n\nrequire go.etcd.io/etcd/server/v3 ${etcd.version}\n`,
    ))
  it('names the releases of the staging modules', () =>
    expect(goModule(apiserver)).to.include(`k8s.io/apiserver => k8s.io/apiserver v${kubernetesVersion.replace(/^1/, '0')}`))
})
describe('linkFlags', () => {
  it('stamps the version of Kubernetes', () =>
    expect(linkFlags(apiserver))
      .to.include(`-X k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`)
      .and.to.include('gitMinor=34'))
  it('stamps nothing else', () => expect(linkFlags(etcd)).to.equal('-s -w'))
})
