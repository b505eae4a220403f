import { Marked, Renderer, type Tokens } from 'marked'
import { escaped } from './page/html.ts'
import { INDEX } from './runbook-sources.ts'

/** Makes markup of the Markdown of one page of the runbook. */
export function markdownRenderer(pages: { has(id: string): boolean }): (text: string) => string {
  const marked = new Marked().setOptions({ renderer: new RunbookRenderer(pages) })
  return (text) => marked.parse(text, { async: false })
}

/** Markup in a source is shown as text, and a link leads to another page of the runbook or to an https address. */
class RunbookRenderer extends Renderer {
  readonly #pages: { has(id: string): boolean }

  constructor(pages: { has(id: string): boolean }) {
    super()
    this.#pages = pages
  }

  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escaped(text)
  }

  override image({ text }: Tokens.Image): string {
    return escaped(text)
  }

  override heading({ tokens, depth, text }: Tokens.Heading): string {
    return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
  }

  /** The name of a page leads to it. */
  override codespan({ text }: Tokens.Codespan): string {
    const code = `<code>${escaped(text)}</code>`
    return text !== INDEX && this.#pages.has(text) ? `<a href="${text}">${code}</a>` : code
  }

  override code({ text }: Tokens.Code): string {
    return `<pre><code>${escaped(text)}</code></pre>\n`
  }

  override table(token: Tokens.Table): string {
    return `<div class="wide" tabindex="0">${super.table(token)}</div>\n`
  }

  override link({ href, tokens }: Tokens.Link): string {
    const label = this.parser.parseInline(tokens)
    const target = this.#addressOf(href)
    return target === undefined ? label : `<a href="${escaped(target)}" rel="noreferrer">${label}</a>`
  }

  #addressOf(href: string): string | undefined {
    if (href.startsWith('https://')) return href
    const [, id = '', anchor = ''] = /^([\w-]*)(?:\.md)?(#[\w-]+)?$/.exec(href) ?? []
    if (id === '') return anchor === '' ? undefined : anchor
    if (!this.#pages.has(id)) return undefined
    return id === INDEX ? `./${anchor}` : `${id}${anchor}`
  }
}

/** The anchor of a heading, as sites that show Markdown make it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
