import { expect } from 'chai'
import fc from 'fast-check'
import { hostsFile, resolvConf } from './name-files.ts'
import { cidrOf, freeSubnet, nextHost, overlaps, parseSubnet, toAddress, toNumber } from './subnet.ts'

describe('pod networks', () => {
  it('reads and writes addresses', () => {
    fc.assert(fc.property(fc.ipV4(), address => toAddress(toNumber(address)) === address))
    expect(cidrOf(parseSubnet('10.1.2.3/24'))).to.equal('10.1.2.0/24')
    for (const wrong of ['10.1.2.3', '10.1.2.300/24', '10.1.2.0/33', 'x'])
      expect(() => parseSubnet(wrong)).to.throw('not a network')
  })
  it('finds a network that meets none in use', () => {
    const used = ['10.201.7.0/24', '10.201.8.128/25', '192.168.0.0/16'].map(parseSubnet)
    expect(cidrOf(freeSubnet(used, 7)!)).to.equal('10.201.9.0/24')
    expect(freeSubnet([parseSubnet('10.0.0.0/8')], 7)).to.equal(undefined)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 16, max: 30 })), { maxLength: 20 }),
        fc.integer({ min: 0, max: 255 }),
        (list, seed) => {
          const others = list.map(([n, prefix]) => parseSubnet(`10.201.${n}.0/${prefix}`))
          const found = freeSubnet(others, seed)
          return found === undefined || !others.some(o => overlaps(o, found))
        },
      ),
    )
  })
  it('gives addresses in turn, never one that is taken, the bridge or the broadcast', () => {
    const subnet = parseSubnet('10.201.0.0/29')
    const taken = new Set<number>()
    let last = 1
    const given: (number | undefined)[] = []
    for (let i = 0; i < 6; i++) {
      const host = nextHost(subnet, taken, last)
      given.push(host)
      if (host) taken.add((last = host))
    }
    expect(given).to.deep.equal([2, 3, 4, 5, 6, undefined])
    taken.delete(3)
    expect(nextHost(subnet, taken, 6)).to.equal(3)
  })
})

describe("a pod's name files", () => {
  it('map the machine’s names to the bridge', () => {
    const text = hostsFile({
      ip: '10.1.0.2',
      hostname: 'web',
      aliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }],
      hostAddress: '10.1.0.1',
      extra: ['registry.localhost', 'git.localhost'],
    })
    expect(text.split('\n').slice(1, -1)).to.deep.equal([
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      '10.1.0.1\tregistry.localhost git.localhost',
      '10.1.0.2\tweb',
      '1.2.3.4\ta\tb',
    ])
  })
  const host = '# x\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nsearch a.example b.example\noptions edns0\n'
  for (const { name, policy, config, want } of [
    {
      name: 'as on the machine, without its local stub',
      policy: 'ClusterFirst',
      config: undefined,
      want: 'nameserver 9.9.9.9\nsearch a.example b.example\noptions edns0\n',
    },
    {
      name: 'with more',
      policy: 'Default',
      config: { nameservers: ['8.8.8.8'], searches: ['c'], options: [{ name: 'ndots', value: '2' }] },
      want: 'nameserver 9.9.9.9\nnameserver 8.8.8.8\nsearch a.example b.example c\noptions edns0 ndots:2\n',
    },
    { name: 'only its own', policy: 'None', config: { nameservers: ['8.8.8.8'] }, want: 'nameserver 8.8.8.8\n' },
  ])
    it(`resolve names: ${name}`, () => expect(resolvConf(host, policy, config)).to.equal(want))
})
