/**
 * Syntax of names, labels and keys, with Kubernetes' own messages. Each check returns what is wrong with a text, nothing when it is right.
 * Source: k8s.io/apimachinery pkg/util/validation/validation.go
 */
export type TextCheck = (text: string) => string[]

const maxLength = (text: string, max: number): string[] => (text.length > max ? [`must be no more than ${max} characters`] : [])

interface Rule {
  message: string
  /** As the message shows it. */
  format: string
  examples: string[]
  /** Characters. */
  max?: number
}

function check({ message, format, examples, max }: Rule): TextCheck {
  const pattern = new RegExp(`^(?:${format})$`)
  const shown = `${message} (e.g. ${examples.map(e => `'${e}', `).join(' or ')}regex used for validation is '${format}')`
  return text => [...(max ? maxLength(text, max) : []), ...(pattern.test(text) ? [] : [shown])]
}

/** A label that would be a name but for its dots is told only that. Source: IsDNS1123Label */
const withoutDots =
  (label: TextCheck, name: TextCheck): TextCheck =>
  text => {
    const problems = label(text)
    return text.includes('.') && !name(text).length ? [...problems.slice(0, -1), 'must not contain dots'] : problems
  }

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

const label = check({
  message:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  format: label1123,
  examples: ['my-name', '123-abc'],
  max: 63,
})
export const isDns1123Subdomain = check({
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  format: `${label1123}(\\.${label1123})*`,
  examples: ['example.com'],
  max: 253,
})
export const isDns1123Label = withoutDots(label, isDns1123Subdomain)
export const isDns1035Label = check({
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  format: '[a-z]([-a-z0-9]*[a-z0-9])?',
  examples: ['my-name', 'abc-123'],
  max: 63,
})
export const isLabelValue = check({
  message:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  format: `(${qualifiedPart})?`,
  examples: ['MyValue', 'my_value', '12345'],
  max: 63,
})
const isConfigKeySyntax = check({
  message: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  format: '[-._a-zA-Z0-9]+',
  examples: ['key.name', 'KEY_NAME', 'key-name'],
  max: 253,
})
export const isHttpHeaderName = check({
  message: "a valid HTTP header must consist of alphanumeric characters or '-'",
  format: '[-A-Za-z0-9]+',
  examples: ['X-Header-Name'],
})

/** Of ConfigMaps and Secrets. */
export const isConfigKey: TextCheck = text => {
  const problems = isConfigKeySyntax(text)
  if (text === '.') problems.push("must not be '.'")
  else if (text === '..') problems.push("must not be '..'")
  else if (text.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

const namePart = check({
  message:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  format: qualifiedPart,
  examples: ['MyName', 'my.name', '123-abc'],
})
const wholeName = check({
  message:
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  format: qualifiedPart,
  examples: ['MyName', 'my.name', '123-abc'],
})

/** `name` or `prefix/name`: keys of labels and annotations, finalizers. */
export const isQualifiedName: TextCheck = text => {
  const parts = text.split('/')
  if (parts.length > 2) return [`${wholeName('')[0]} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  const name = parts.at(-1)!
  const problems: string[] = []
  if (parts.length === 2) {
    if (!parts[0]) problems.push('prefix part must be non-empty')
    else problems.push(...isDns1123Subdomain(parts[0]).map(m => `prefix part ${m}`))
  }
  if (!name) problems.push('name part must be non-empty')
  else if (name.length > 63) problems.push('name part must be no more than 63 characters')
  if (namePart(name).length) problems.push(namePart(name)[0]!)
  return problems
}

/** Characters that are printable ASCII, without `=`. Source: IsRelaxedEnvVarName */
export const isEnvName: TextCheck = text =>
  /^[ -<>-~]+$/.test(text)
    ? []
    : [
        text
          ? "a valid environment variable name must consist only of printable ASCII characters other than '='"
          : 'environment variable name must be non-empty',
      ]

/** An IANA service name, as of named ports. */
export const isPortName: TextCheck = text => {
  const problems = maxLength(text, 15)
  if (!/^[-a-z0-9]+$/.test(text)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)')
  if (text.includes('--')) problems.push('must not contain consecutive hyphens')
  if (text.startsWith('-') || text.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

export const portNumberProblem = (port: number): string[] =>
  port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive']

/** What fits in one segment of a URL's path: names in rbac.authorization.k8s.io. Source: pkg/api/validation/path */
export const isPathSegment: TextCheck = text => {
  if (text === '.' || text === '..') return [`may not be '${text}'`]
  return ['/', '%'].filter(c => text.includes(c)).map(c => `may not contain '${c}'`)
}
