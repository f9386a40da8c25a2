/** How an application is started, read from its files. Pure. */
import { BuildFailure } from '../failure/index.ts'

export interface PackageJson {
  main?: string
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  type?: string
  engines?: Record<string, string>
}

export interface StartCommand {
  entrypoint: string[]
  /** Variables that the command line sets in front of the program: `NODE_ENV=staging node x`. */
  env: Record<string, string>
}

/** Needs a shell: expansion, pipes, lists, redirection, globs. */
const shellMeaning = /[$`|&;<>()*?~#\n]|(^|\s)\[/

/**
 * Splits a command line that needs no shell into words, as sh would.
 * @returns undefined when only a shell can run it
 */
export function splitCommand(line: string): StartCommand | undefined {
  const words: string[] = []
  const env: Record<string, string> = {}
  const token = /'([^']*)'|"((?:[^"\\$`]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gy
  let word: string | undefined
  let plain = ''
  const finish = () => {
    if (word === undefined) return
    const assignment = /^([A-Za-z_]\w*)=/.exec(plain)
    if (assignment && !words.length) env[assignment[1]!] = word.slice(assignment[0].length)
    else words.push(word)
    word = undefined
    plain = ''
  }
  let at = 0
  for (const match of line.matchAll(token)) {
    at += match[0].length
    const [, single, double, escaped, bare] = match
    if (bare !== undefined) {
      if (shellMeaning.test(bare)) return undefined
      word = (word ?? '') + bare
      plain += bare
    } else if (single !== undefined) word = (word ?? '') + single
    else if (double !== undefined) word = (word ?? '') + double.replace(/\\(["\\$`])/g, '$1')
    else if (escaped !== undefined) word = (word ?? '') + escaped
    else finish()
  }
  if (at !== line.length) return undefined
  finish()
  return words.length ? { entrypoint: words, env } : undefined
}

/** A command line as an entrypoint: its words, or a shell that is replaced by it. */
export const commandOf = (line: string): StartCommand =>
  splitCommand(line) ?? { entrypoint: ['/bin/sh', '-c', /[;&|\n]/.test(line) ? line : `exec ${line}`], env: {} }

/** The command of a Procfile's process type. */
export function procfileCommand(text: string, process = 'web'): string | undefined {
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(line)
    if (match?.[1] === process) return match[2]
  }
  return undefined
}

const conventional = ['index.js', 'server.js', 'app.js', 'main.js', 'index.mjs', 'server.mjs', 'index.ts', 'server.ts', 'main.ts']

/**
 * How a Node application is started: its start script, its `main`, or a file of a usual name.
 * @param has is there such a file?
 * @throws BuildFailure NoStartCommand
 */
export function nodeCommand({ scripts, main }: PackageJson, has: (path: string) => boolean): StartCommand {
  const start = scripts?.start
  if (start?.trim()) return commandOf(start.trim())
  const candidates = main ? [main, `${main}.js`, `${main}/index.js`].map(p => p.replace(/^\.\//, '')) : []
  const file = [...candidates, ...conventional].find(has)
  if (file) return { entrypoint: ['node', file], env: {} }
  throw new BuildFailure(
    'NoStartCommand',
    `cannot tell how to start the application: package.json has no "start" script, ${main ? `its "main" (${main}) does not exist` : 'no "main"'}, and there is no ${conventional.slice(0, 2).join(' or ')}; add one, or a Procfile with a line "web: COMMAND"`,
  )
}
