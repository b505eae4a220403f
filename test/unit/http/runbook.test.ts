import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/contract/problem.ts'
import { authoriser } from '../../../src/daemon/tokens.ts'
import { markdownRenderer } from '../../../src/http/runbook-markdown.ts'
import { runbookSources } from '../../../src/http/runbook-sources.ts'
import { elementsOf } from '../../support/markup.ts'
import { openWith } from './opening.ts'

const render = markdownRenderer(
  new Map([
    ['sts-unready', ''],
    ['README', ''],
  ]),
)

describe('X44: a page of the runbook', () => {
  it('is HTML that loads its style alone, by relative paths', async () => {
    const { app } = await openWith('proceed')
    const { statusCode, headers, body } = await app.inject('/runbook/audit-dlq-growing')
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    const elements = elementsOf(body)
    expect(elements.find(({ name }) => name === 'h1')?.text).toBe('Dead letters arrive')
    expect(elements.filter(({ name }) => name === 'script')).toEqual([])
    const loaded = elements
      .filter(({ name }) => name === 'link')
      .map(({ attributes }) => attributes['href'] ?? '')
    expect(loaded).toHaveLength(3)
    for (const href of loaded) {
      expect(href).toMatch(/^\.\.\/assets\//)
      expect((await app.inject(href.slice(2))).statusCode).toBe(200)
    }
  })

  it('X40: leads to pages that are there and to nothing from the root, as all of them do', async () => {
    const { app } = await openWith('proceed')
    const sources = runbookSources()
    const ids = [...sources.keys()].map((id) => (id === 'README' ? '' : id))
    for (const id of ids) {
      const { statusCode, body } = await app.inject(`/runbook/${id}`)
      expect([id, statusCode]).toEqual([id, 200])
      const hrefs = elementsOf(body).flatMap(({ name, attributes }) =>
        name === 'a' ? (attributes['href'] ?? '') : [],
      )
      const broken = hrefs.filter((href) => {
        const [path = ''] = href.split('#')
        return !['', './', '../'].includes(path) && !ids.includes(path) && !path.startsWith('https://')
      })
      expect([id, broken]).toEqual([id, []])
    }
  })

  it('is found from /runbook too, below any prefix', async () => {
    const { app } = await openWith('proceed')
    const { statusCode, headers } = await app.inject('/runbook')
    expect([statusCode, headers.location]).toEqual([308, 'runbook/'])
  })

  it('is 304 for a reader that has it, and has no body for HEAD', async () => {
    const { app } = await openWith('nothing')
    const { etag } = (await app.inject('/runbook/')).headers
    const again = await app.inject({ url: '/runbook/', headers: { 'if-none-match': String(etag) } })
    expect(again.statusCode).toBe(304)
    const head = await app.inject({ method: 'HEAD', url: '/runbook/' })
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', etag])
  })

  it('needs the token that the live page needs', async () => {
    const { app } = await openWith('proceed', { authorise: authoriser({ read: ['r3ad'], write: [] }) })
    const headers = { authorization: 'Bearer r3ad' }
    expect((await app.inject('/runbook/audit-dlq-growing')).statusCode).toBe(401)
    expect((await app.inject({ url: '/runbook/audit-dlq-growing', headers })).statusCode).toBe(200)
  })

  it.each([
    ['audit-dlq-growin', ['audit-dlq-growing']],
    ['README', undefined],
    ['..%2f..%2fpackage.json', undefined],
    ['%3Cscript%3Ealert(1)%3C%2fscript%3E', undefined],
    ['\u202eyb'.replace('\u202e', '%E2%80%AE'), undefined],
  ])('is not %s, which is answered with the nearest ids', async (id, allowed) => {
    const { app } = await openWith('proceed')
    const answer = await app.inject(`/runbook/${id}`)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
    const problem = answer.json<Problem>()
    expect(problem.type).toMatch(/no-such-runbook-page$/)
    if (allowed === undefined) expect(problem.allowed).toContain('dead-letters')
    else expect(problem.allowed).toEqual(allowed)
  })
})

describe('the Markdown of a page', () => {
  it('cannot bring markup, a script, an image or an address of another kind', () => {
    const markup = render(
      '<script>alert(1)</script>\n\n<b onclick="x">y</b> ![i](http://x/i.png) [a](javascript:alert(1)) [b](/gates) [c](//x) [d](http://x)\n',
    )
    expect(elementsOf(markup).map(({ name }) => name)).toEqual(['p'])
    expect(markup).not.toMatch(/<script|<img|<b |href=/)
  })

  it('leads from a link, and from the name of a page, to that page', () => {
    const hrefs = (text: string) =>
      elementsOf(render(text)).flatMap(({ attributes }) => attributes['href'] ?? [])
    expect(hrefs('[a](sts-unready.md#is-it-over) `sts-unready` `other` [b](README.md#x) [c](#y)')).toEqual([
      'sts-unready#is-it-over',
      'sts-unready',
      './#x',
      '#y',
    ])
  })

  it('keeps a command as it is', () => {
    const [, command] = /<pre><code>([^]*?)<\/code>/.exec(render('```sh\na "b" && c <d\n  e\n```')) ?? []
    expect(command).toBe('a &quot;b&quot; &amp;&amp; c &lt;d\n  e')
  })
})
