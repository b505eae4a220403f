import { plain } from '../../core/text.ts'
import type { GateReport } from '../../contract/document.ts'
import { culprits, evidence, place, type Judged } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { slug } from './words.ts'

/** What to do about a check or stop condition: a command, a runbook page. */

/** Longest name of a cause that has no title, in a link to it. */
const HEADING = 60

/** The facts of an item, with the cause that explains it; or a link to its card, which has the facts already. */
export function details(item: Judged, ref: string, report: GateReport): Html {
  const blocker = report.blocking.find((one) => one.ref === ref)
  if (blocker?.rootCause === true)
    return html`<p class="elsewhere"><a href="#${blockerId(ref)}">Evidence and first action</a></p>`
  const cause = report.blocking.find((one) => one.rootCause && one.ref === blocker?.explainedBy)
  if (cause === undefined) return facts(item, report)
  return html`<p class="elsewhere">
      Explained by
      <a href="#${blockerId(cause.ref)}">${foreign(cause.title ?? plain(cause.message, HEADING))}</a>
    </p>
    <details id="facts-${slug(ref)}">
      <summary>Evidence and first action of its own</summary>
      ${facts(item, report)}
    </details>`
}

function facts(item: Judged, report: GateReport): Html {
  return html`${place(item, report)}${firstAction(item.nextStep)}${evidence(item, report)}
    ${culprits(item, report)}
    <p class="links">${runbook(item.runbookUrl, item.id)}</p>`
}

/** The id of the element of a blocker. */
export function blockerId(ref: string): string {
  return `blocker-${slug(ref)}`
}

/** A command to copy, under its purpose; nothing where there is none. */
export function command(label: string, line: string): Html | undefined {
  return line === ''
    ? undefined
    : html`<div class="command">
        <span class="label">${label}</span>
        <code tabindex="0">${line}</code>
        <button type="button" class="copy" data-copy aria-label="Copy the command">Copy</button>
      </div>`
}

export function firstAction(line: string): Html | undefined {
  return command('First', line)
}

/** A link to a page of this server or of the web; anything else is no address that a page may link to. */
export function runbook(url: string, id: string): Html {
  return /^(https?:\/\/|runbook\/[a-z0-9-]+$)/.test(url)
    ? html`<a class="runbook" href="${url}" rel="noreferrer">Runbook: ${id}</a>`
    : html`<span class="runbook">Runbook: <code>${url}</code></span>`
}
