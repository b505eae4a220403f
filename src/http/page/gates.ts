import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, GateItem } from '../../contract/items.ts'
import { details } from './action.ts'
import { foreign, html, type Html } from './html.ts'
import { badge, toneOf } from './badges.ts'
import { waiverFlag } from './waivers.ts'
import { amountBeside, instant, slug, upTo } from './words.ts'

/** Every gate with its checks. Gates that do not pass are open. */
export function gates(report: GateReport): Html {
  const required = report.gates.filter((gate) => gate.required)
  const passing = required.filter((gate) => gate.state === 'pass').length
  return html`<section id="gates" aria-labelledby="gates-title">
    <h2 id="gates-title">Gates <span class="tally">${passing} of ${required.length} pass</span></h2>
    ${report.gates.map((gate) => gateDetails(gate, report))}
  </section>`
}

function gateDetails(gate: GateItem, report: GateReport): Html {
  const { id, title, state, checks, since } = gate
  const enforced = checks.filter(
    (check) => check.state !== 'skipped' && (gate.mode !== 'enforce' || check.mode === 'enforce'),
  )
  const passing = enforced.filter((check) => check.state === 'pass').length
  return html`<details
    id="gate-${slug(id)}"
    class="panel edge-${toneOf(state)}"
    ${isWrong(state) && html`open`}
  >
    <summary>
      ${badge(state)}
      <h3>${title}</h3>
      ${waiverFlag(gate, report)}
      <span class="quiet"
        >${tally(state, passing, enforced.length)}${
          state !== 'skipped' && html`, since ${instant(since, report.evaluatedAt)}`
        }</span
      >
    </summary>
    <ul class="checks">
      ${checks.map((check) => checkLine(check, gate, report))}
    </ul>
  </details>`
}

function isWrong(state: string): boolean {
  return state !== 'pass' && state !== 'skipped'
}

function tally(state: string, passing: number, of: number): string {
  if (state === 'skipped') return 'not required'
  return of === 0 ? 'no check is switched on' : `${passing} of ${of} checks`
}

function checkLine(check: CheckReport, gate: GateItem, report: GateReport): Html {
  const { id, state, claim, message } = check
  return html`<li id="check-${slug(id)}">
    <p>
      ${badge(state)} <strong class="name">${id}</strong> ${waiverFlag(check, report)}
      <span class="quiet">${claim}${numbers(check, report.evaluatedAt)}</span>
    </p>
    ${state !== 'pass' && html`<p class="message">${foreign(message)}</p>`}
    ${isWrong(state) && details(check, `gates/${gate.id}/checks/${id}`, report)}
  </li>`
}

/** A check that passes shows only its numbers. */
function numbers({ state, observed, threshold, lastSuccessAt }: CheckReport, now: string): Html | false {
  if (state !== 'pass') return false
  const seen =
    observed !== null &&
    observed.unit !== 'boolean' &&
    html`: ${amountBeside(observed, threshold)}${threshold !== null && `, ${upTo(threshold)}`}`
  return html`${seen}${lastSuccessAt !== null && html`<span class="on-paper">; seen ${instant(lastSuccessAt, now)}</span>`}`
}
