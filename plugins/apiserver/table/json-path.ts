/**
 * The JSONPath dialect of `kubectl` and of printer columns: fields, quoted names, indices and slices, wildcards, filters on a field, recursive descent.
 * Source: k8s.io/client-go util/jsonpath; https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; at: number }
  | { kind: 'slice'; from: number | undefined; to: number | undefined }
  | { kind: 'all' }
  | { kind: 'descend' }
  | { kind: 'filter'; path: Step[]; operator?: string; value?: unknown }

export type JsonPath = (value: unknown) => unknown[]

/** @throws SyntaxError saying where the path is wrong */
export function jsonPath(source: string): JsonPath {
  const text = /^\{.*\}$/s.test(source) ? source.slice(1, -1) : source
  const steps = parseSteps(text)
  return value => run(steps, value)
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

const name = /^((?:\\.|[^.[\]\\\s])+)/

function parseSteps(text: string): Step[] {
  const steps: Step[] = []
  let rest = text.trim()
  const wrong = (why: string) => new SyntaxError(`invalid JSONPath ${JSON.stringify(text)}: ${why}`)
  while (rest) {
    if (rest.startsWith('..')) {
      steps.push({ kind: 'descend' })
      rest = rest.slice(rest[2] === '[' ? 2 : 1)
      continue
    }
    if (rest[0] === '[') {
      const end = closing(rest)
      if (end < 0) throw wrong('unterminated array')
      steps.push(bracket(rest.slice(1, end).trim(), wrong))
      rest = rest.slice(end + 1)
      continue
    }
    if (rest[0] === '.' || rest[0] === '$' || rest[0] === '@') {
      rest = rest.slice(1)
      if (!rest || rest[0] === '[' || rest[0] === '.') continue
    }
    const field = name.exec(rest)
    if (!field) throw wrong(`unexpected ${JSON.stringify(rest[0])}`)
    const plain = field[1]!.replace(/\\(.)/g, '$1')
    steps.push(field[1] === '*' ? { kind: 'all' } : { kind: 'field', name: plain })
    rest = rest.slice(field[0].length)
  }
  return steps
}

/** Where the bracket that opens a text closes, quotes and inner brackets respected. */
function closing(text: string): number {
  let depth = 0
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '[') depth++
    else if (c === ']' && --depth === 0) return i
  }
  return -1
}

const comparison = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s

function bracket(inside: string, wrong: (why: string) => Error): Step {
  if (inside === '*') return { kind: 'all' }
  if (/^-?\d+$/.test(inside)) return { kind: 'index', at: Number(inside) }
  const slice = /^(-?\d*):(-?\d*)$/.exec(inside)
  if (slice) return { kind: 'slice', from: slice[1] ? Number(slice[1]) : undefined, to: slice[2] ? Number(slice[2]) : undefined }
  if (/^(["']).*\1$/s.test(inside)) return { kind: 'field', name: inside.slice(1, -1).replace(/\\(.)/g, '$1') }
  const filter = /^\?\s*\((.*)\)$/s.exec(inside)
  if (!filter) throw wrong(`invalid array index ${inside}`)
  const parts = comparison.exec(filter[1]!)
  if (!parts) return { kind: 'filter', path: parseSteps(filter[1]!) }
  return { kind: 'filter', path: parseSteps(parts[1]!), operator: parts[2]!, value: literal(parts[3]!.trim(), wrong) }
}

function literal(text: string, wrong: (why: string) => Error): unknown {
  if (/^(["']).*\1$/s.test(text)) return text.slice(1, -1).replace(/\\(.)/g, '$1')
  if (text === 'true' || text === 'false') return text === 'true'
  if (text !== '' && !Number.isNaN(Number(text))) return Number(text)
  throw wrong(`unrecognized value ${text}`)
}

const run = (steps: Step[], root: unknown): unknown[] =>
  steps.reduce<unknown[]>((values, step) => values.flatMap(v => apply(step, v)), [root])

function apply(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && value[step.name] !== undefined && value[step.name] !== null ? [value[step.name]] : []
    case 'index':
      return Array.isArray(value) && value.at(step.at) !== undefined ? [value.at(step.at)] : []
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : []
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
    case 'descend':
      return [value, ...(Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).flatMap(v => apply(step, v))]
    case 'filter':
      return Array.isArray(value) ? value.filter(item => matches(step, item)) : []
  }
}

function matches({ path, operator, value }: Step & { kind: 'filter' }, item: unknown): boolean {
  const found = run(path, item)
  if (!operator) return found.length > 0
  if (!found.length) return false
  const [left] = found as [never]
  const right = value as never
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}
