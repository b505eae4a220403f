import { inWords } from '../../core/time.ts'
import type { GateReport, StopConditionReport } from '../contract.ts'
import { advice, culprits, evidence } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { latchNote } from './latch.ts'
import { badge, toneOf } from './signs.ts'
import { amount, clockTime, count, limit, slug } from './words.ts'

/** The state by which a stop condition is shown: what fired and nobody acknowledged is not clear. */
function shownState({ state, latch }: StopConditionReport): string {
  return state === 'clear' && latch !== null && latch.acknowledged === null ? 'latched' : state
}

const order = ['firing', 'latched', 'unknown', 'pending', 'clear', 'skipped']

/** Every stop condition, those that stand first. */
export function stops({ stopConditions, evaluatedAt }: GateReport): Html {
  const shown = stopConditions.map((stop) => ({ stop, state: shownState(stop) }))
  const ranked = shown.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const watched = shown.filter(({ state }) => state !== 'skipped')
  const clear = watched.filter(({ state }) => state === 'clear').length
  return html`<section id="stops" aria-labelledby="stops-title">
    <h2 id="stops-title">Stop conditions <span class="tally">${clear} of ${watched.length} clear</span></h2>
    ${ranked.map(({ stop, state }) => stopDetails(stop, state, evaluatedAt))}
  </section>`
}

function stopDetails(stop: StopConditionReport, state: string, now: string): Html {
  const { id, title, since, latch } = stop
  const wrong = state !== 'clear' && state !== 'skipped'
  const flags = [
    state !== 'latched' && latch !== null && latch.acknowledged === null && 'latched',
    stop.acknowledged && 'acknowledged',
    stop.preexisting && 'was there before',
  ].filter((flag) => flag !== false)
  return html`<details id="stop-${slug(id)}" class="panel edge-${toneOf(state)}" ${wrong && html`open`}>
    <summary>
      ${badge(state)}
      <h3>${state === 'clear' || state === 'skipped' ? plainTitle(stop) : title}</h3>
      ${flags.map((flag) => html`<span class="flag">${flag}</span> `)}
      <span class="quiet">since ${clockTime(since, now)}</span>
    </summary>
    ${body(stop, wrong, now)}
  </details>`
}

/** A title says what is wrong; of what is well the id says enough. */
function plainTitle({ id }: StopConditionReport): string {
  return id
}

function body(stop: StopConditionReport, wrong: boolean, now: string): Html {
  const { id, claim, message, latch, observed, threshold, state } = stop
  return html`<div class="inside">
    <p>
      <code>${id}</code>: clear when
      ${claim}${
        !wrong &&
        observed !== null &&
        observed.unit !== 'boolean' &&
        html` <span class="quiet"
          >(${amount(observed)}${threshold !== null && `, ${limit(threshold)}`})</span
        >`
      }.
    </p>
    ${(wrong || state === 'skipped') && html`<p class="message">${foreign(message)}</p>`}
    ${wrong && html`${evidence(stop, now)}${culprits(stop, now)}${advice(stop)}`}
    ${latch !== null && latchNote(id, latch, now)}
    <p class="quiet">${manner(stop)}</p>
  </div>`
}

const kinds = {
  edge: 'Fires at first sight',
  level: 'Fires when it persists',
  'cannot-prove': 'Fires when it cannot be proven',
} as const

function manner({ kind, holdSeconds, clearAfterSeconds, firings }: StopConditionReport): string {
  const hold = holdSeconds > 0 ? ` for ${inWords(holdSeconds * 1_000)}` : ''
  const clear =
    clearAfterSeconds > 0 ? `; clear after ${inWords(clearAfterSeconds * 1_000)} of well-being` : ''
  return `${kinds[kind]}${hold}${clear}. Fired ${count(firings, 'time')} so far.`
}
