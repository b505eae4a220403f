import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, Culprit, Item, StopConditionReport } from '../../contract/items.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { age, amountBeside, count, instant, limit, moment, newOnes } from './words.ts'

/** The facts of a check or stop condition: where, since when, the observed value. */

/** Culprits that are shown at once; the others open on demand. */
const AT_ONCE = 3

export type Judged = CheckReport | StopConditionReport

/** One line of a list of facts; nothing where there is no value. */
export function fact(term: string, value: Value): Html | undefined {
  return value === null || value === undefined || value === false || value === ''
    ? undefined
    : html`<div>
        <dt>${term}</dt>
        <dd>${value}</dd>
      </div>`
}

/** Where it is and since when: what a person asks first. */
export function place(item: Judged, { evaluatedAt: now }: GateReport): Html {
  const isWell = item.state === 'clear'
  return html`<dl class="evidence">
    ${!isWell && fact('Where', where(item))}
    ${fact(isWell ? 'Well again since' : 'Since', moment(item.since, now))}
    ${isWell && fact('Now', foreign(item.message))}
  </dl>`
}

/** The observed value with its limit, the reason and the last attempt. */
export function evidence(item: Judged, report: GateReport): Html {
  const { threshold, state } = item
  const value = seen(item, report)
  const isWell = state === 'clear'
  return html`<dl class="evidence">
    ${fact(isWell ? 'Seen now' : 'Seen', value)}
    ${fact('Limit', value !== undefined && threshold && limit(threshold))}
    ${!isWell && fact('Reason', reason(item))} ${fact('Last attempt', lastAttempt(item, report.evaluatedAt))}
  </dl>`
}

/** `7 new entries since the rollout began, last 12 s ago`, or the value; the message of a yes or no says enough. */
function seen(item: Judged, report: GateReport): Html | undefined {
  const { observed, threshold } = item
  if (observed === null || observed.unit === 'boolean') return undefined
  const now = report.evaluatedAt
  const last =
    'lastEventAt' in item && item.lastEventAt !== null && html`, last ${age(item.lastEventAt, now)}`
  if (!('countedSince' in item) || item.countedSince === null)
    return html`${amountBeside(observed, threshold)}${last}`
  return html`${newOnes(observed)} since ${began(item.countedSince, item, report)}${last}`
}

/** What the count began with, where that has a name. */
function began(since: string, { latch }: StopConditionReport, { rollout, evaluatedAt }: GateReport): Value {
  if (since === rollout.startedAt) return 'the rollout began'
  return since === latch?.acknowledged?.at ? 'the acknowledgement' : instant(since, evaluatedAt)
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
export function culprits(
  { culprits: list, culpritCount }: Item,
  { evaluatedAt: now }: GateReport,
): Html | undefined {
  if (list.length < 2) return undefined
  const lines = list.map(
    (culprit) =>
      html`<li>
        ${subject(culprit)}:
        ${foreign(culprit.message)}${
          culprit.since !== null && html` <span class="quiet">since ${instant(culprit.since, now)}</span>`
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
