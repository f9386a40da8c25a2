/**
 * Label selectors: `app=web,tier in (a, b),!legacy`. Source: k8s.io/apimachinery pkg/labels/selector.go
 * A selector is a function over an object's labels; the empty one matches everything.
 */
import { badRequest } from '@slipway/core/api'
import { isLabelValue, isQualifiedName } from '@slipway/core/api/kubernetes'

export type Labels = Readonly<Record<string, string>> | undefined
export type LabelSelector = (labels: Labels) => boolean

type Operator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | '>' | '<'
export interface Requirement {
  key: string
  operator: Operator
  values: readonly string[]
}

const everything: LabelSelector = () => true

type Token = { text: string; kind: 'word' | 'symbol' | 'end' }

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/y
  const end = text.trimEnd().length
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text)
    if (!match) break
    tokens.push({ text: match[1]!, kind: /^[=!<>(),]/.test(match[1]!) ? 'symbol' : 'word' })
  }
  tokens.push({ text: '', kind: 'end' })
  return tokens
}

const problem = (message: string) => new SyntaxError(`unable to parse requirement: ${message}`)
/** Between requirements. */
const unexpected = (token: Token, expected: string) => new SyntaxError(`found '${token.text}', expected: ${expected}`)
const found = (token: Token | undefined, expected: string) => problem(`found '${token?.text ?? ''}', expected: ${expected}`)

/** @throws SyntaxError in Kubernetes' words */
export function parseLabelSelector(text: string): Requirement[] {
  const tokens = tokenize(text)
  const requirements: Requirement[] = []
  let i = 0
  const word = (expected: string): string => {
    const token = tokens[i]
    if (token?.kind !== 'word') throw found(token, expected)
    i++
    return token.text
  }
  if (tokens[0]!.kind === 'end') return []
  for (;;) {
    const negated = tokens[i]!.text === '!'
    if (negated) i++
    if (tokens[i]!.kind !== 'word') throw unexpected(tokens[i]!, "!, identifier, or 'end of string'")
    const key = word('identifier')
    checkKey(key)
    if (negated) requirements.push({ key, operator: '!', values: [] })
    else requirements.push(afterKey(key))
    const next = tokens[i]!
    if (next.kind === 'end') return requirements
    if (next.text !== ',') throw unexpected(next, "',' or 'end of string'")
    i++
    if (tokens[i]!.kind === 'end') throw unexpected(tokens[i]!, "identifier after ','")
  }

  function afterKey(key: string): Requirement {
    const token = tokens[i]!
    if (token.kind === 'end' || token.text === ',') return { key, operator: 'exists', values: [] }
    const operator = token.text as Operator
    if (!['=', '==', '!=', 'in', 'notin', '>', '<'].includes(operator)) throw found(token, 'in, notin, =, ==, !=, gt, lt')
    i++
    const values = operator === 'in' || operator === 'notin' ? set() : [exact()]
    for (const value of values) checkValue(key, value)
    if ((operator === '>' || operator === '<') && !/^-?\d+$/.test(values[0]!))
      throw problem(
        `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    return { key, operator, values }
  }
  function exact(): string {
    const token = tokens[i]!
    if (token.kind === 'end' || token.text === ',') return ''
    return word('identifier')
  }
  function set(): string[] {
    if (tokens[i]!.text !== '(') throw problem(`found '${tokens[i]!.text}' expected: '('`)
    i++
    const values: string[] = []
    for (;;) {
      const token = tokens[i]!
      if (token.kind === 'word') values.push(token.text)
      else if (token.text !== ',' && token.text !== ')') throw found(token, "',', ')' or identifier")
      if (token.kind === 'word') i++
      const next = tokens[i]!
      i++
      if (next.text === ')') return token.kind === 'word' ? values : [...values, '']
      if (next.text !== ',') throw found(next, "',' or ')'")
      if (token.kind !== 'word') values.push('')
    }
  }
}

function checkKey(key: string): void {
  const faults = isQualifiedName(key)
  if (faults.length) throw problem(`<nil>: Invalid value: ${JSON.stringify(key)}: ${faults.join('; ')}`)
}

function checkValue(key: string, value: string): void {
  const faults = isLabelValue(value)
  if (faults.length) throw problem(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${faults.join('; ')}`)
}

function matches({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels?.[key]
  switch (operator) {
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    default: {
      if (value === undefined || !/^-?\d+$/.test(value)) return false
      return operator === '>' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0])
    }
  }
}

/** @throws StatusError 400 when the text is not a selector */
export function labelSelector(text: string | null | undefined): LabelSelector {
  if (!text) return everything
  let requirements: Requirement[]
  try {
    requirements = parseLabelSelector(text)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
  if (!requirements.length) return everything
  return labels => requirements.every(requirement => matches(requirement, labels))
}
