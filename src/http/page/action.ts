import type { GateReport } from '../../contract/document.ts'
import type { LatchReport } from '../../contract/items.ts'
import { culprits, evidence, place, type Judged } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { moment, slug } from './words.ts'

/** What to do about a check or stop condition: a command, a runbook page, an acknowledgement. */

/** The facts of an item, or a link to its blocker, which has them already. */
export function details(item: Judged, ref: string, report: GateReport): Html {
  return report.blocking.some((blocker) => blocker.ref === ref)
    ? html`<p class="elsewhere"><a href="#${blockerId(ref)}">Evidence and first action</a></p>`
    : html`${place(item, report)}${firstAction(item.nextStep)}${evidence(item, report)}
        ${culprits(item, report)}
        <p class="links">${runbook(item.runbookUrl, item.id)}</p>`
}

/** The id of the element of a blocker. */
export function blockerId(ref: string): string {
  return `blocker-${slug(ref)}`
}

/** A command to copy, under its purpose; nothing where there is none. */
function command(label: string, line: string): Html | undefined {
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

/** That a stop condition fired in this rollout, why, and who acknowledged it or how to do that. */
export function latchNote(id: string, latch: LatchReport, now: string): Html {
  const { at, message, preexisting, acknowledged, culprits } = latch
  const named =
    culprits.length > 0 &&
    html` (${culprits.slice(0, 3).map((key, place) => html`${place > 0 && ', '}${foreign(key)}`)})`
  const origin = preexisting
    ? 'It fired before this rollout began: it blocks the rollout, which did not cause it.'
    : 'It fired during this rollout.'
  return html`<div class="latch">
    <p><strong>Latched</strong> ${moment(at, now)}: ${foreign(message)}${named}. ${origin}</p>
    ${
      acknowledged === null
        ? html`<p>It stops the rollout until an operator acknowledges it.</p>
            ${command('Once fixed', `caracal-gate ack ${id} --reason '<why it is safe to go on>'`)}`
        : html`<p>
            <strong>Acknowledged</strong> by ${foreign(acknowledged.actor)} ${moment(acknowledged.at, now)}:
            ${foreign(acknowledged.reason)}
          </p>`
    }
  </div>`
}
