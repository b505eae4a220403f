import { createHash } from 'node:crypto'
import { assets } from './page/assets.ts'
import { html, rendered, textOf } from './page/html.ts'
import { INDEX, runbookSources } from './runbook-sources.ts'

/** A page as it is sent. */
export interface RunbookPage {
  readonly body: Buffer
  readonly etag: string
}

export interface Runbook {
  /** Of all pages but the index. */
  readonly ids: readonly string[]
  readonly index: RunbookPage
  page(id: string): RunbookPage | undefined
}

let held: Promise<Runbook> | undefined

/** The runbook. What makes markup of it is loaded when it is first asked for, and each page is made once. */
export function runbook(): Promise<Runbook> {
  held ??= opened()
  return held
}

async function opened(): Promise<Runbook> {
  const sources = runbookSources()
  const { markdownRenderer } = await import('./runbook-markdown.ts')
  const render = markdownRenderer(sources)
  const pages = new Map<string, RunbookPage>()
  function pageOf(id: string, text: string): RunbookPage {
    const page = pages.get(id) ?? framed(titleOf(text), render(text), text.includes('\n## What to do\n'))
    pages.set(id, page)
    return page
  }
  return {
    ids: [...sources.keys()].filter((id) => id !== INDEX),
    index: pageOf(INDEX, sources.get(INDEX) ?? ''),
    page(id) {
      const text = id === INDEX ? undefined : sources.get(id)
      return text === undefined ? undefined : pageOf(id, text)
    },
  }
}

function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? 'Runbook'
}

/** Addresses are relative, since a proxy may serve the runbook under a prefix that only the browser knows. */
function framed(title: string, content: string, hasSteps: boolean): RunbookPage {
  const files = assets()
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${[title, 'Caracal rollout gate'].join(' · ')}</title>
        <link rel="icon" type="image/svg+xml" href="../${files.href('cannot-tell.svg')}" />
        <link rel="stylesheet" href="../${files.href('page.css')}" />
        <link rel="stylesheet" href="../${files.href('runbook.css')}" />
      </head>
      <body>
        <div id="page">
          <header>
            <p class="brand">Caracal rollout gate</p>
            <nav aria-label="Elsewhere">
              ${hasSteps && html`<a href="#what-to-do">What to do</a>`} <a href="../">Verdict</a>
              <a href="./">All of the runbook</a>
            </nav>
          </header>
          <main class="manual">${rendered(content)}</main>
        </div>
      </body>
    </html> `
  const body = Buffer.from(textOf(page))
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { body, etag: `"${hash}"` }
}
