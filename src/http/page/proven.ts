import { inWords } from '../../core/time.ts'
import type { GateReport } from '../../contract/document.ts'
import type { GateItem, StopConditionReport } from '../../contract/items.ts'
import { shape } from './badges.ts'
import { isUnderWay } from './facts.ts'
import { foreign, html, type Html } from './html.ts'
import { count, instant, slug } from './words.ts'

/** Why the rollout may proceed: what was proven, for which rollout, and since when. */
export function proven(report: GateReport): Html {
  const required = report.gates.filter((gate) => gate.required)
  return html`<div class="fine">
    <p>All ${required.length} required gates pass, and no stop condition fires. ${endurance(report)}</p>
    <ul class="proven">
      ${required.map((gate) => gateLine(gate, report))} ${stopsLine(report)}
      ${report.stopConditions.map((stop) => acknowledgedLine(stop, report))}
    </ul>
  </div>`
}

function endurance(report: GateReport): Html {
  const { steadySeconds, requiredSteadySeconds, rollout } = report
  const held = `It has held for ${inWords(steadySeconds * 1_000)}, and ${inWords(requiredSteadySeconds * 1_000)} are required.`
  return isUnderWay(report) && rollout.id !== null
    ? html`${held} Rollout ${foreign(rollout.id)} may go on.`
    : html`${held} No rollout is under way: the next may begin.`
}

function line(content: Html): Html {
  return html`<li><span class="tone-good">${shape('pass')}</span> ${content}</li>`
}

function gateLine({ id, title, checks, since }: GateItem, { evaluatedAt }: GateReport): Html {
  const enforced = checks.filter((check) => check.state !== 'skipped' && check.mode === 'enforce').length
  return line(
    html`<a href="#gate-${slug(id)}">${title}</a>
      <span class="quiet">${count(enforced, 'check')}, since ${instant(since, evaluatedAt)}</span>`,
  )
}

function stopsLine({ stopConditions }: GateReport): Html {
  const watched = stopConditions.filter(({ state, mode }) => state !== 'skipped' && mode === 'enforce').length
  return line(html`<a href="#stops">${count(watched, 'stop condition')}</a> <span class="quiet">clear</span>`)
}

function acknowledgedLine(
  { id, title, latch }: StopConditionReport,
  { evaluatedAt }: GateReport,
): Html | false {
  if (latch === null || latch.acknowledged === null) return false
  const { actor, at, reason } = latch.acknowledged
  return line(
    html`<a href="#stop-${slug(id)}">${title}</a>
      <span class="quiet"
        >acknowledged by ${foreign(actor)} at ${instant(at, evaluatedAt)}: ${foreign(reason)}</span
      >`,
  )
}
