import type { CheckReport, GateItem, GateReport } from '../contract.ts'
import { advice, culprits, evidence } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { badge, toneOf } from './signs.ts'
import { amount, clockTime, limit, slug } from './words.ts'

/** Every gate with its checks; those that do not pass are open. */
export function gates({ gates: list, evaluatedAt }: GateReport): Html {
  const required = list.filter((gate) => gate.required)
  const passing = required.filter((gate) => gate.state === 'pass').length
  return html`<section id="gates" aria-labelledby="gates-title">
    <h2 id="gates-title">Gates <span class="tally">${passing} of ${required.length} pass</span></h2>
    ${list.map((gate) => gateDetails(gate, evaluatedAt))}
  </section>`
}

function gateDetails(gate: GateItem, now: string): Html {
  const { id, title, state, checks, since } = gate
  const wrong = state !== 'pass' && state !== 'skipped'
  const enforced = checks.filter((check) => check.state !== 'skipped')
  const passing = enforced.filter((check) => check.state === 'pass').length
  return html`<details id="gate-${slug(id)}" class="panel edge-${toneOf(state)}" ${wrong && open}>
    <summary>
      ${badge(state)}
      <h3>${title}</h3>
      <span class="quiet">${tally(state, passing, enforced.length)}, since ${clockTime(since, now)}</span>
    </summary>
    <ul class="checks">
      ${checks.map((check) => checkLine(check, now))}
    </ul>
  </details>`
}

const open = html`open`

function tally(state: string, passing: number, of: number): string {
  if (state === 'skipped') return 'not asked for'
  return of === 0 ? 'no check is switched on' : `${passing} of ${of} checks`
}

function checkLine(check: CheckReport, now: string): Html {
  const { id, state, claim, message } = check
  const wrong = state !== 'pass' && state !== 'skipped'
  return html`<li id="check-${slug(id)}">
    <h4>${badge(state)} <span class="name">${id}</span></h4>
    <p>${claim}${numbers(check)}</p>
    ${state !== 'pass' && html`<p class="message">${foreign(message)}</p>`}
    ${wrong && html`${evidence(check, now)}${culprits(check, now)}${advice(check)}`}
  </li>`
}

/** Of a check that passes the numbers suffice. */
function numbers({ state, observed, threshold, lastSuccessAt }: CheckReport): Html | false {
  if (state !== 'pass') return false
  const seen =
    observed !== null &&
    observed.unit !== 'boolean' &&
    html`: ${amount(observed)}${threshold !== null && `, ${limit(threshold)}`}`
  return html`<span class="quiet"
    >${seen}${lastSuccessAt !== null && `; seen ${lastSuccessAt.slice(11, 19)}`}</span
  >`
}
