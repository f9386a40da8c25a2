import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { differences } from './differences.ts'
import { differencesPage } from './differences-page.ts'

describe('docs/reference/api-differences.md', () => {
  it('is what the list says; renew it by npm run test:kubernetes -- --docs', async () => {
    const page = await readFile(new URL('../../docs/reference/api-differences.md', import.meta.url), 'utf8')
    expect(page).to.equal(differencesPage(differences))
  })

  it('gives each difference a reason', () => {
    for (const { reason, case: name } of differences) expect(reason, name).to.match(/\.$/)
  })
})
