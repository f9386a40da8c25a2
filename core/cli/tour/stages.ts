/** Shows the stages of something long: a line that is rewritten on a terminal, one line a stage elsewhere, each with the time since the beginning. */
import { bold, dim, green, print, red, seconds } from '../print.ts'

export interface Stages {
  /** Runs one stage; what it returns is passed on. A text result is shown behind the title. */
  run<T>(title: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T>
}

const isTerminal = process.stdout.isTTY === true

export function showStages(title: string, now: () => number = () => performance.now()): Stages {
  const began = now()
  const stamp = () => dim(`[${seconds(now() - began).padStart(7)}]`)
  print(bold(title))
  return {
    async run(name, work, detail) {
      const at = now()
      if (isTerminal) process.stdout.write(`${stamp()} ${name} …`)
      const line = (mark: string, text: string) => print(`${isTerminal ? '\r\u001b[K' : ''}${stamp()} ${mark} ${name}${text}`)
      try {
        const result = await work()
        line(green('✓'), ` ${dim(`(${seconds(now() - at)})`)}${detail ? `: ${detail(result)}` : ''}`)
        return result
      } catch (error) {
        line(red('✗'), `: ${error instanceof Error ? error.message : error}`)
        throw error
      }
    },
  }
}
