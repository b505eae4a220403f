import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, Culprit, Item, StopConditionReport } from '../../contract/items.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { amount, clockTime, count, instant, limit, moment, slug } from './words.ts'

/** What stands beside every check and stop condition: where, since when, what was seen, what to do first. */

/** Subjects that are named at once; the others open on demand. */
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

/** Where, since when, what was observed against which limit, and when it was last seen. */
export function evidence(item: Judged, now: string): Html {
  // Of a yes or no the message says enough.
  const observed = item.observed?.unit === 'boolean' ? null : item.observed
  const threshold = observed === null ? null : item.threshold
  const isWell = item.state === 'clear'
  return html`<dl class="evidence">
    ${!isWell && fact('Where', where(item))}
    ${fact(isWell ? 'Well again since' : 'Since', moment(item.since, now))}
    ${fact(isWell ? 'Seen now' : 'Seen', observed && amount(observed))}
    ${'kind' in item && counted(item, now)} ${fact('Limit', threshold && limit(threshold))}
    ${!isWell && fact('Reason', reason(item))} ${fact('Last look', lastLook(item, now))}
  </dl>`
}

/** Since when events are counted in a rollout, and when the newest came. */
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

/** The subject, and the target that hides it where that is another thing. */
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

/** A code that may be broken between its words, and not within one. */
function breakable(code: string): readonly Html[] {
  return code.split('_').map((word, index) => html`${index > 0 && html`_<wbr />`}${word}`)
}

function lastLook({ lastAttemptAt, lastSuccessAt }: Item, now: string): Value {
  if (lastAttemptAt === null) return 'nobody has looked yet'
  if (lastSuccessAt === null) return html`${instant(lastAttemptAt, now)}, never seen whole`
  return lastSuccessAt === lastAttemptAt
    ? instant(lastAttemptAt, now)
    : html`${instant(lastAttemptAt, now)}, last seen ${moment(lastSuccessAt, now)}`
}

/** All that is to blame when it is more than one subject. */
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
    <p class="label">${count(culpritCount, 'subject')} to blame</p>
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
        ${unnamed > 0 && html`<p>and ${grouped(unnamed)} that the document does not name</p>`}
      </details>`
    }
  </div>`
}

function grouped(many: number): string {
  return many.toLocaleString('en-US')
}

/** All of an item, or where on the page it stands already: every blocker is spelt out once. */
export function details(item: Judged, ref: string, report: GateReport): Html {
  const now = report.evaluatedAt
  return report.blocking.some((blocker) => blocker.ref === ref)
    ? html`<p class="elsewhere"><a href="#${blockerId(ref)}">Evidence and first action</a></p>`
    : html`${evidence(item, now)}${culprits(item, now)}${advice(item)}`
}

/** The id of the element that spells out a blocker. */
export function blockerId(ref: string): string {
  return `blocker-${slug(ref)}`
}

/** A command that can be copied, under the words that say what it is for. */
export function command(label: string, line: string): Html {
  return html`<div class="command">
    <span class="label">${label}</span>
    <code tabindex="0">${line}</code>
    <button type="button" class="copy" data-copy aria-label="Copy the command">Copy</button>
  </div>`
}

/** What to do first, and where it is written what to do then. */
export function advice(item: Judged): Html {
  return html`${command('First', item.nextStep)}
    <p class="runbook">${runbook(item.runbookUrl, item.id)}</p>`
}

/** A link for a web page; anything else is a path in our own documentation, which this server does not have. */
function runbook(url: string, id: string): Html {
  return /^https?:\/\//.test(url)
    ? html`<a href="${url}" rel="noreferrer">Runbook: ${id}</a>`
    : html`Runbook: <code>${url}</code>`
}
