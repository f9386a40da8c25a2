/** What a person sees: aligned and coloured on a terminal, plain lines in a pipe. */
const isTerminal = process.stdout.isTTY === true && !process.env.NO_COLOR
const paint = (code: number) => (text: string) => (isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text)
export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)

export const print = (text = ''): void => void process.stdout.write(`${text}\n`)
export const printError = (text: string): void => void process.stderr.write(`${red('error')}: ${text}\n`)

export const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`)

/** Two columns, the first as wide as its longest entry. */
export function printTable(rows: (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length))
  for (const [name, value] of rows) print(`  ${dim(name.padEnd(width))}  ${value}`)
}
