import { inWords } from '../../core/time.ts'
import type { GateReport } from '../../contract/document.ts'
import type { StopConditionReport } from '../../contract/items.ts'
import { details } from './action.ts'
import { latchNote } from './latch.ts'
import type { PageView } from './view.ts'
import { foreign, html, type Html } from './html.ts'
import { badge, toneOf } from './badges.ts'
import { waiverFlag } from './waivers.ts'
import { amountBeside, count, instant, slug, upTo } from './words.ts'

/** The state that is shown: a stop condition that is over is latched until it is acknowledged. */
function shownState({ state, flags }: StopConditionReport): string {
  return state === 'clear' && flags.includes('latched') ? 'latched' : state
}

const order = ['firing', 'latched', 'unknown', 'pending', 'clear', 'skipped']

/** Every stop condition, the most urgent first. */
export function stops(view: PageView): Html {
  const { report } = view
  const shown = report.stopConditions.map((stop) => ({ stop, state: shownState(stop) }))
  const ranked = shown.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const watched = shown.filter(({ state }) => state !== 'skipped')
  const clear = watched.filter(({ state }) => state === 'clear').length
  return html`<section id="stops" aria-labelledby="stops-title">
    <h2 id="stops-title">Stop conditions <span class="tally">${clear} of ${watched.length} clear</span></h2>
    ${ranked.map(({ stop, state }) => stopDetails(stop, state, view))}
  </section>`
}

function stopDetails(stop: StopConditionReport, state: string, view: PageView): Html {
  const { report } = view
  const { id, title, latch } = stop
  const since = state === 'latched' && latch !== null ? latch.at : stop.since
  const wrong = state !== 'clear' && state !== 'skipped'
  const flags = [
    state !== 'latched' && stop.flags.includes('latched') && 'latched',
    stop.acknowledged && 'acknowledged',
    stop.preexisting && 'was there before',
  ].filter((flag) => flag !== false)
  // A blocker is open above already.
  const open = wrong && !isBlocker(stop, report)
  return html`<details id="stop-${slug(id)}" class="panel edge-${toneOf(state)}" ${open && html`open`}>
    <summary>
      ${badge(state)}
      <h3>${title}</h3>
      ${flags.map((flag) => html`<span class="flag">${flag}</span> `)}${waiverFlag(stop, report)}
      <span class="quiet"
        ><code>${id}</code>${state !== 'skipped' && html` since ${instant(since, report.evaluatedAt)}`}</span
      >
      ${wrong && html`<span class="message">${foreign(stop.message)}</span>`}
    </summary>
    ${body(stop, wrong, view)}
  </details>`
}

function isBlocker({ id }: StopConditionReport, { blocking }: GateReport): boolean {
  return blocking.some(({ ref }) => ref === `stop-conditions/${id}`)
}

/** Its card shows the latch already. */
function isRootCause({ id }: StopConditionReport, { blocking }: GateReport): boolean {
  return blocking.some(({ ref, rootCause }) => rootCause && ref === `stop-conditions/${id}`)
}

function body(stop: StopConditionReport, wrong: boolean, view: PageView): Html {
  const { report } = view
  const { id, claim, message, observed, threshold, state } = stop
  return html`<div class="inside">
    <p>
      Clear when
      ${claim}${
        !wrong &&
        observed !== null &&
        observed.unit !== 'boolean' &&
        html` <span class="quiet"
          >(${amountBeside(observed, threshold)}${threshold !== null && `, ${upTo(threshold)}`})</span
        >`
      }.
    </p>
    ${state === 'skipped' && html`<p class="message">${foreign(message)}</p>`}
    ${wrong && details(stop, `stop-conditions/${id}`, report)}
    ${!(wrong && isRootCause(stop, report)) && latchNote(stop, view)}
    <p class="quiet">${manner(stop)}</p>
  </div>`
}

const kinds = {
  edge: 'Fires at the first observation',
  level: 'Fires when it persists',
  'cannot-prove': 'Fires when the contrary cannot be proven',
} as const

function manner({ kind, holdSeconds, clearAfterSeconds, firings }: StopConditionReport): string {
  const hold = holdSeconds > 0 ? ` for ${inWords(holdSeconds * 1_000)}` : ''
  const clear =
    clearAfterSeconds > 0 ? `; clear after ${inWords(clearAfterSeconds * 1_000)} without a breach` : ''
  return `${kinds[kind]}${hold}${clear}. Fired ${count(firings, 'time')} so far.`
}
