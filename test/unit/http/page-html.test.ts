import { describe, expect, it } from 'vitest'
import { foreign, html, textOf, type Html } from '../../../src/http/page/html.ts'

describe('a template of markup', () => {
  it('takes every value for text', () => {
    expect(textOf(html`<p title="${'"><script>'}">${`<b>&'`}</p>`)).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;&#39;</p>',
    )
  })

  it('takes what templates made for markup, alone and in lists', () => {
    const list = html`<b>${[1, 2].map((n) => html`<i>${n}</i>`)}</b>`
    expect(textOf(list)).toBe('<b><i>1</i><i>2</i></b>')
  })

  it('shows nothing for what is not there', () => {
    expect(textOf(html`<p>${null}${undefined}${false}${[]}</p>`)).toBe('<p></p>')
  })

  it('takes an object for nothing that no template made, whatever it looks like', () => {
    const forged = JSON.parse('{"markup":"<script>","toString":"<script>"}') as Html
    expect(textOf(html`<p>${forged}</p>`)).toBe('<p></p>')
  })

  it('shows a sign for each character that hides or turns text', () => {
    const text = 'a\u202eb\u2066c\u200bd\u001b[31me\u0000f\u009bg\ufeff'
    expect(textOf(foreign(text))).toBe('<bdi>a\ufffdb\ufffdc\ufffdd\ufffd[31me\ufffdf\ufffdg\ufffd</bdi>')
  })

  it('keeps letters that are written from right to left, and keeps them to themselves', () => {
    expect(textOf(foreign('שלום'))).toBe('<bdi>שלום</bdi>')
  })

  it('cuts what is too long, and half a character too', () => {
    const shown = textOf(html`${'x'.repeat(1_000_000)}`)
    expect(shown).toHaveLength(400)
    expect(shown.endsWith('…')).toBe(true)
    expect(textOf(html`${'\ud800'}`)).toBe('\ufffd')
  })
})
