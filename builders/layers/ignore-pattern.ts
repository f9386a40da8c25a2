/**
 * What `.dockerignore` leaves out, by the semantics of Docker's own matcher (github.com/moby/patternmatcher, and reader in
 * moby/buildkit frontend/dockerfile/dockerignore): patterns are anchored at the root, `**` spans folders, `!` takes back, the last match
 * wins, and a pattern that matches a folder matches all below it. This differs from .gitignore in each of these points.
 */
import { posix } from 'node:path'
import { BuildFailure } from '../failure/index.ts'

export interface IgnorePattern {
  readonly text: string
  readonly negated: boolean
  readonly regexp: RegExp
}

export interface Ignore {
  /** Is this path (relative, with `/`) left out? */
  ignores(path: string): boolean
  /** May a folder that is left out be skipped whole? Not when something below it may be taken back. */
  skipsBelow(folder: string): boolean
}

const literal = (char: string) => char.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')

/** One bracket expression of Go's filepath.Match, as a class. @returns the class and where it ends */
function bracket(pattern: string, from: number): [string, number] {
  let i = from + 1
  let out = '['
  if (pattern[i] === '^') {
    out += '^'
    i++
  }
  let first = true
  for (; i < pattern.length; i++, first = false) {
    const char = pattern[i]!
    if (char === ']' && !first) return [`${out}]`, i]
    if (char === '\\') {
      i++
      if (i >= pattern.length) break
      out += literal(pattern[i]!).replace(/^-$/, '\\-')
    } else out += char === '-' ? '-' : char === '^' ? '\\^' : literal(char)
  }
  throw new SyntaxError('syntax error in pattern')
}

function toRegExp(pattern: string): RegExp {
  let out = '^'
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char === '*' && pattern[i + 1] === '*') {
      i++
      if (pattern[i + 1] === '/') i++
      out += i + 1 >= pattern.length ? '.*' : '(?:.*/)?'
    } else if (char === '*') out += '[^/]*'
    else if (char === '?') out += '[^/]'
    else if (char === '[') {
      const [group, end] = bracket(pattern, i)
      out += group
      i = end
    } else if (char === '\\') {
      i++
      if (i >= pattern.length) throw new SyntaxError('syntax error in pattern')
      out += literal(pattern[i]!)
    } else out += literal(char)
  }
  return new RegExp(`${out}$`, 'su')
}

/**
 * Reads a `.dockerignore`.
 * @throws BuildFailure InvalidDockerignore, naming the line
 */
export function parseIgnore(text: string, file = '.dockerignore'): IgnorePattern[] {
  const patterns: IgnorePattern[] = []
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  for (const [i, raw] of lines.entries()) {
    if (raw.startsWith('#')) continue
    const line = raw.trim()
    if (!line) continue
    const negated = line.startsWith('!')
    let body = (negated ? line.slice(1) : line).trim()
    const bad = (problem: string) =>
      new BuildFailure('InvalidDockerignore', `${file}:${i + 1}: ${problem}: ${JSON.stringify(line)}`)
    if (!body) throw bad('an exclusion pattern "!" needs a path after it')
    body = posix.normalize(body).replace(/^\/+/, '').replace(/\/+$/, '')
    if (!body || body === '.') {
      // Docker treats "." as the root, which is never left out.
      if (body === '.' || !negated) patterns.push({ text: line, negated, regexp: /^\.$/ })
      continue
    }
    try {
      patterns.push({ text: line, negated, regexp: toRegExp(body) })
    } catch {
      throw bad('is not a valid pattern')
    }
  }
  return patterns
}

/** @param always paths that are never left out whatever the patterns say */
export function ignoreOf(patterns: readonly IgnorePattern[]): Ignore {
  const anyNegated = patterns.some(p => p.negated)
  /** Does a pattern match the path, or a folder above it? */
  const matches = ({ regexp }: IgnorePattern, path: string): boolean => {
    if (regexp.test(path)) return true
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1))
      if (regexp.test(path.slice(0, slash))) return true
    return false
  }
  return {
    ignores(path) {
      let ignored = false
      // A pattern can only change the answer when it says the opposite of what holds so far.
      for (const pattern of patterns) if (pattern.negated === ignored && matches(pattern, path)) ignored = !pattern.negated
      return ignored
    },
    skipsBelow: () => !anyNegated,
  }
}
