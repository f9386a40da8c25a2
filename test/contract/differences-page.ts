/** The reference page of differences, made from the list that the tests hold true. Pure. */
import type { ListedDifference } from './differences.ts'

const intro = `# Where the embedded API server differs from Kubernetes

<!-- Made from test/contract/differences.ts by \`npm run test:kubernetes -- --docs\`; do not edit. -->

The contract suite asks the embedded server and a real kube-apiserver the same questions and compares the answers field by field.
Everything agrees but this:
`

export function differencesPage(listed: ListedDifference[]): string {
  const reasons = Map.groupBy(listed, ({ reason }) => reason)
  const sections = [...reasons].map(([reason, entries]) => {
    const rows = entries.map(entry => `- ${entry.case.replace('/', ': ')}${entry.path === '*' ? '' : ` (\`${entry.path}\`)`}`)
    return `**${reason}**\n\n${rows.join('\n')}\n`
  })
  return [intro, ...sections].join('\n')
}
