import { expect } from 'chai'
import fc from 'fast-check'
import { html } from './html.ts'

describe('html', () => {
  const cases = [
    { name: 'escapes values', value: html`<b>${'<script>"&\''}</b>`, want: '<b>&lt;script&gt;&quot;&amp;&#39;</b>' },
    {
      name: 'puts HTML in as it is',
      value: html`<ul>${[html`<li>${1}</li>`, html`<li>${'&'}</li>`]}</ul>`,
      want: '<ul><li>1</li><li>&amp;</li></ul>',
    },
    { name: 'leaves out what is not there', value: html`<p>${undefined}</p>`, want: '<p></p>' },
  ]
  for (const { name, value, want } of cases) it(name, () => expect(value.html).to.equal(want))

  it('lets no text make a tag or end an attribute', () => {
    fc.assert(fc.property(fc.string(), text => !/[<>"']/.test(html`${text}`.html)))
  })
})
