/** HTML by template strings: every value that is put in is escaped, unless it is HTML itself. */
export interface Html {
  readonly html: string
}
type Value = string | number | undefined | null | Html | readonly Html[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, c => entities[c]!)

const rendered = (value: Value): string => {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') return 'html' in value ? value.html : value.map(part => part.html).join('')
  return escapeHtml(String(value))
}

export const html = (parts: TemplateStringsArray, ...values: Value[]): Html => ({
  html: parts.reduce((text, part, i) => text + rendered(values[i - 1]) + part),
})
