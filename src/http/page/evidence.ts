import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, Culprit, Item, LatchReport, StopConditionReport } from '../../contract/items.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { amount, clockTime, count, instant, limit, moment, slug } from './words.ts'

/** The facts of a check or stop condition: where, since when, the observed value, the first action. */

/** Culprits that are shown at once; the others open on demand. */
const AT_ONCE = 3

type Judged = CheckReport | StopConditionReport

/** One line of a list of facts; nothing where there is no value. */
export function fact(term: string, value: Value): Html | undefined {
  return value === null || value === undefined || value === false || value === ''
    ? undefined
    : html`<div>
        <dt>${term}</dt>
        <dd>${value}</dd>
      </div>`
}

/** Where, since when, the observed value with its limit, and the last attempt. */
export function evidence(item: Judged, now: string): Html {
  // The message of a yes or no says enough.
  const observed = item.observed?.unit === 'boolean' ? null : item.observed
  const threshold = observed === null ? null : item.threshold
  const isWell = item.state === 'clear'
  return html`<dl class="evidence">
    ${!isWell && fact('Where', where(item))}
    ${fact(isWell ? 'Well again since' : 'Since', moment(item.since, now))}
    ${fact(isWell ? 'Seen now' : 'Seen', observed && amount(observed))}
    ${'kind' in item && counted(item, now)} ${fact('Limit', threshold && limit(threshold))}
    ${!isWell && fact('Reason', reason(item))} ${fact('Last attempt', lastAttempt(item, now))}
  </dl>`
}

/** The start of the count in a rollout, and the time of the newest event. */
function counted({ countedSince, lastEventAt }: StopConditionReport, now: string): Html {
  return html`${fact('Counted since', countedSince && moment(countedSince, now))}
  ${fact('Last one', lastEventAt && moment(lastEventAt, now))}`
}

function where({ target, culprits: list, culpritCount }: Item): Html | undefined {
  const [first] = list
  const others = culpritCount > 1 && html` <span class="quiet">and ${grouped(culpritCount - 1)} more</span>`
  if (first !== undefined) return html`${subject(first)}${others}`
  return target === null ? undefined : foreign(target)
}

/** The subject, and its target if that is another. */
function subject({ key, target }: Culprit): Html {
  const behind = target === null || target === key || key.startsWith(`${target}/`) ? undefined : target
  return html`${foreign(key)}${behind !== undefined && html` <span class="quiet">(on ${foreign(behind)})</span>`}`
}

function reason({ reason: code, unknownReason }: Item): Html {
  const why =
    unknownReason !== null &&
    unknownReason !== code &&
    html` <span class="quiet">(${unknownReason.replaceAll('_', ' ')})</span>`
  return html`<code>${breakable(code)}</code>${why}`
}

/** A code that may break between its words, and not within one. */
function breakable(code: string): readonly Html[] {
  return code.split('_').map((word, index) => html`${index > 0 && html`_<wbr />`}${word}`)
}

function lastAttempt({ lastAttemptAt, lastSuccessAt }: Item, now: string): Value {
  if (lastAttemptAt === null) return 'none yet'
  if (lastSuccessAt === null) return html`${instant(lastAttemptAt, now)}, no success yet`
  return lastSuccessAt === lastAttemptAt
    ? instant(lastAttemptAt, now)
    : html`${instant(lastAttemptAt, now)}, last success ${moment(lastSuccessAt, now)}`
}

/** Every culprit, if there is more than one. */
export function culprits({ culprits: list, culpritCount }: Item, now: string): Html | undefined {
  if (list.length < 2) return undefined
  const lines = list.map(
    (culprit) =>
      html`<li>
        ${subject(culprit)}:
        ${foreign(culprit.message)}${
          culprit.since !== null && html` <span class="quiet">since ${clockTime(culprit.since, now)}</span>`
        }
      </li>`,
  )
  const unnamed = culpritCount - list.length
  const rest = lines.slice(AT_ONCE)
  return html`<div class="culprits">
    <p class="label">${count(culpritCount, 'culprit')}</p>
    <ul>
      ${lines.slice(0, AT_ONCE)}
    </ul>
    ${
      rest.length > 0 &&
      html`<details>
        <summary>${grouped(rest.length)} more</summary>
        <ul>
          ${rest}
        </ul>
        ${unnamed > 0 && html`<p>and ${grouped(unnamed)} not named in the document</p>`}
      </details>`
    }
  </div>`
}

function grouped(many: number): string {
  return many.toLocaleString('en-US')
}

/** The facts of an item, or a link to its blocker, which has them already. */
export function details(item: Judged, ref: string, report: GateReport): Html {
  const now = report.evaluatedAt
  return report.blocking.some((blocker) => blocker.ref === ref)
    ? html`<p class="elsewhere"><a href="#${blockerId(ref)}">Evidence and first action</a></p>`
    : html`${evidence(item, now)}${culprits(item, now)}${advice(item)}`
}

/** The id of the element of a blocker. */
export function blockerId(ref: string): string {
  return `blocker-${slug(ref)}`
}

/** A command to copy, under its purpose. */
function command(label: string, line: string): Html {
  return html`<div class="command">
    <span class="label">${label}</span>
    <code tabindex="0">${line}</code>
    <button type="button" class="copy" data-copy aria-label="Copy the command">Copy</button>
  </div>`
}

/** The first action, and the runbook for the next ones. */
export function advice(item: Judged): Html {
  return html`${command('First', item.nextStep)}
    <p class="runbook">${runbook(item.runbookUrl, item.id)}</p>`
}

/** A link for a web page; anything else is a path in our documentation, which this server does not have. */
function runbook(url: string, id: string): Html {
  return /^https?:\/\//.test(url)
    ? html`<a href="${url}" rel="noreferrer">Runbook: ${id}</a>`
    : html`Runbook: <code>${url}</code>`
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
