/**
 * Label selectors: `app=web,tier in (a, b),!legacy`. Source: k8s.io/apimachinery pkg/labels/selector.go
 * A selector is a function over an object's labels; the empty one matches everything.
 */
import { badRequest } from '@slipway/core/api'

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
    const key = word("!, identifier, or 'end of string'").toString()
    checkKey(key)
    if (negated) requirements.push({ key, operator: '!', values: [] })
    else requirements.push(afterKey(key))
    const next = tokens[i]!
    if (next.kind === 'end') return requirements
    if (next.text !== ',') throw found(next, "',' or 'end of string'")
    i++
    if (tokens[i]!.kind === 'end') throw found(tokens[i], "identifier after ','")
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
    if (tokens[i]!.text !== '(') throw found(tokens[i], "'('")
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

const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const prefixPart = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function checkKey(key: string): void {
  const slash = key.lastIndexOf('/')
  const name = key.slice(slash + 1)
  if (slash >= 0 && !prefixPart.test(key.slice(0, slash)))
    throw problem(
      `key: Invalid value: ${JSON.stringify(key)}: prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    )
  if (!namePart.test(name) || name.length > 63)
    throw problem(
      `key: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    )
}

function checkValue(key: string, value: string): void {
  if (value.length > 63)
    throw problem(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: must be no more than 63 bytes`)
  if (value && !namePart.test(value))
    throw problem(
      `values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    )
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
