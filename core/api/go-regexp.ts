/**
 * Regular expressions as Go (RE2) writes them, which patterns in Kubernetes' schemas are. What RE2 has and JavaScript writes otherwise is put into JavaScript's words.
 * Source: https://github.com/google/re2/wiki/Syntax
 */
const posix: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

const compiled = new Map<string, RegExp>()

/** @throws SyntaxError when it is no regular expression */
export function goRegExp(source: string): RegExp {
  const found = compiled.get(source)
  if (found) return found
  let flags = ''
  const text = source
    .replace(/\[:(\w+):\]/g, (whole, name: string) => posix[name] ?? whole)
    .replace(/^\(\?([ims]+)\)/, (_, letters: string) => {
      flags = letters
      return ''
    })
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\(\?P</g, '(?<')
  let pattern: RegExp
  try {
    pattern = new RegExp(text, `${flags}u`)
  } catch {
    // JavaScript's Unicode mode refuses escapes that need none, such as `\_`, which RE2 takes.
    pattern = new RegExp(text, flags)
  }
  compiled.set(source, pattern)
  return pattern
}
