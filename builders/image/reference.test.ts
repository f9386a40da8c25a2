import { expect } from 'chai'
import fc from 'fast-check'
import { isBuildFailure } from '../failure/index.ts'
import { formatReference, parseReference } from './reference.ts'

const hex = 'a'.repeat(64)

describe('parseReference', () => {
  // Rows follow distribution/reference's own normalize_test.go.
  const good: [string, string][] = [
    ['ubuntu', 'docker.io/library/ubuntu'],
    ['ubuntu:22.04', 'docker.io/library/ubuntu:22.04'],
    ['docker/docker', 'docker.io/docker/docker'],
    ['index.docker.io/redis', 'docker.io/library/redis'],
    ['docker.io/library/redis', 'docker.io/library/redis'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:v1', 'localhost:5000/app:v1'],
    ['registry.localhost:5000/demo/hello', 'registry.localhost:5000/demo/hello'],
    ['127.0.0.1:5000/docker/docker', '127.0.0.1:5000/docker/docker'],
    ['[::1]:5000/app', '[::1]:5000/app'],
    ['thisisthebeginning/thisisthemiddle/thisistheend', 'docker.io/thisisthebeginning/thisisthemiddle/thisistheend'],
    ['docker---docker/docker', 'docker.io/docker---docker/docker'],
    ['a__b/c.d', 'docker.io/a__b/c.d'],
    ['Uppercase-host/app', 'Uppercase-host/app'],
    [`app@sha256:${hex}`, `docker.io/library/app@sha256:${hex}`],
    [`h:1/app:tag@sha256:${hex}`, `h:1/app:tag@sha256:${hex}`],
  ]
  for (const [text, want] of good) it(`reads ${text}`, () => expect(formatReference(parseReference(text))).to.equal(want))

  const bad: [string, RegExp][] = [
    ['', /empty/],
    ['docker/Docker', /lower-case/],
    ['a/b/', /path part ""/],
    ['a//b', /path part ""/],
    ['_foo/foo', /path part "_foo"/],
    ['foo..bar/x', /path part "bar"|not a host|path part/],
    ['a___b', /path part/],
    ['-app', /path part/],
    ['app:', /tag ""/],
    ['app:.hidden', /tag/],
    ['app@sha256:123', /not a digest/],
    ['app@md5:d41d8cd98f00b204e9800998ecf8427e', /not a digest/],
    [hex, /bare 64-digit/],
    [`h:1/${'a'.repeat(256)}`, /longer than 255/],
    ['h:port/app', /host name/],
    ['https://host/app', /tag|path part|host name/],
  ]
  for (const [text, message] of bad)
    it(`refuses ${JSON.stringify(text)}`, () =>
      expect(() => parseReference(text))
        .to.throw(message)
        .with.property('reason', 'InvalidImageName'))

  it('throws nothing but a BuildFailure, and what it reads it writes back the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9._:@/[\]-]{0,40}$/)), text => {
        try {
          const once = formatReference(parseReference(text))
          expect(formatReference(parseReference(once))).to.equal(once)
        } catch (error) {
          if (!isBuildFailure(error)) throw error
        }
      }),
    )
  })
})
