import { expect } from 'chai'
import fc from 'fast-check'
import { ignoreOf, parseIgnore } from './ignore-pattern.ts'

const ignores = (text: string, path: string) => ignoreOf(parseIgnore(text)).ignores(path)

describe('.dockerignore', () => {
  // Pattern, path, left out? Rows in the manner of moby/patternmatcher's own table.
  const cases: [string, string, boolean][] = [
    ['**', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'dir/file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'dir/dir2/file', true],
    ['dir/**', 'dir', false],
    ['**/dir', 'dir', true],
    ['**/dir', 'dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/*', 'dir/dir2/dir2/file', true],
    ['**file', 'file', true],
    ['**file', 'dir/file', true],
    ['**/file', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file.txt', true],
    ['**/file*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['a**/*.txt', 'a/file.txt', true],
    ['a**/*.txt', 'a/dir/file.txt', true],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a/*.txt', 'a/file.txt', true],
    ['a[b-d]e', 'ae', false],
    ['a[b-d]e', 'ace', true],
    ['a[^b-d]e', 'aze', true],
    ['a[^b-d]e', 'ace', false],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abc.def', true],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abcdef', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['**/foo/bar', 'foo/bar', true],
    ['**/foo/bar', 'dir/dir2/foo/bar', true],
    ['abc/**', 'abc', false],
    ['abc/**', 'abc/def/ghi', true],
    ['**/.foo', '.foo', true],
    ['**/.foo', 'bar.foo', false],
    ['./bar/*', 'bar/x', true],
    ['/node_modules/', 'node_modules/x/y', true],
    ['node_modules', 'sub/node_modules/x', false],
    ['**/node_modules', 'sub/node_modules/x', true],
    ['*.md', 'docs/a.md', false],
    ['docs', 'docs/a/b', true],
    ['*', 'a/b', true],
    ['*\n!src', 'src/a/b', false],
    ['*\n!src\nsrc/*.log', 'src/x.log', true],
    ['*\n!src/keep', 'src/keep/a', false],
    ['*\n!src/keep', 'src/other', true],
    ['# a comment\na', '# a comment', false],
    ['  a  ', 'a', true],
    ['\uFEFFa', 'a', true],
    ['a\r', 'a', true],
    ['!a', 'a', false],
    ['é*', 'été', true],
    ['../x', 'x', false],
  ]
  for (const [text, path, want] of cases)
    it(`${JSON.stringify(text)} ${want ? 'leaves out' : 'keeps'} ${path}`, () => expect(ignores(text, path)).to.equal(want))

  for (const text of ['[', 'a[', 'a\\', '!', 'x\n['])
    it(`refuses ${JSON.stringify(text)} by its line`, () =>
      expect(() => parseIgnore(text))
        .to.throw(/^\.dockerignore:\d+: /)
        .with.property('reason', 'InvalidDockerignore'))

  const segment = fc.stringMatching(/^[a-z.*?]{1,4}$/)
  it('decides the same for a path that matches as for all below it', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.array(segment, { minLength: 1, maxLength: 3 })), { maxLength: 3 }),
        segment,
        segment,
        (lines, a, b) => {
          const text = lines.map(([negated, parts]) => (negated ? '!' : '') + parts.join('/')).join('\n')
          const ignore = ignoreOf(parseIgnore(text))
          // Without exclusions nothing below an ignored folder can come back.
          if (!text.includes('!') && ignore.ignores(a)) expect(ignore.ignores(`${a}/${b}`)).to.equal(true)
        },
      ),
    ))
  it('a plain path leaves out itself and what is below, nothing else', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,5}$/), fc.stringMatching(/^[a-z]{1,5}$/), (name, other) => {
        expect(ignores(name, name)).to.equal(true)
        expect(ignores(name, `${name}/${other}`)).to.equal(true)
        expect(ignores(name, `${other}x`)).to.equal(name === `${other}x`)
      }),
    ))
})
