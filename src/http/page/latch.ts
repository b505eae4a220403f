import { acknowledging } from '../../contract/acknowledging.ts'
import type { LatchReport, StopConditionReport } from '../../contract/items.ts'
import { command } from './action.ts'
import { isUnderWay } from './facts.ts'
import { foreign, html, type Html } from './html.ts'
import type { PageView } from './view.ts'
import { moment, slug } from './words.ts'

/** That a stop condition fired in this rollout, and who acknowledged it or how to do that. */
export function latchNote(stop: StopConditionReport, view: PageView): Html | undefined {
  const { latch } = stop
  if (latch === null) return undefined
  const { at, message, preexisting } = latch
  const now = view.report.evaluatedAt
  const origin = preexisting
    ? 'It fired before this rollout began: it blocks the rollout, which did not cause it.'
    : 'It fired during this rollout.'
  return html`<div class="latch">
    <p>
      <strong>Latched</strong>
      ${moment(at, now)}${message !== stop.message && html`: ${foreign(message)}`}${blamed(latch)}. ${origin}
    </p>
    ${latch.acknowledged === null ? toAcknowledge(stop, view) : acknowledgedBy(latch.acknowledged, now)}
  </div>`
}

function blamed({ culprits }: LatchReport): Html | false {
  return (
    culprits.length > 0 &&
    html` (${culprits.slice(0, 3).map((key, place) => html`${place > 0 && ', '}${foreign(key)}`)})`
  )
}

function acknowledgedBy({ actor, at, reason }: NonNullable<LatchReport['acknowledged']>, now: string): Html {
  return html`<p>
    <strong>Acknowledged</strong> by ${foreign(actor)} ${moment(at, now)}: ${foreign(reason)}
  </p>`
}

function toAcknowledge({ id, state }: StopConditionReport, view: PageView): Html {
  const { command: own, inPod = '' } = acknowledging(id, view.report.evaluator)
  return html`<p>It stops the rollout until an operator acknowledges it.</p>
    ${command('Once fixed', own)} ${command('Or in its pod', inPod)}
    ${view.acknowledging && state === 'clear' && form(id, view)}`
}

/** Shown by its script alone, which keeps the token in memory; without it the command above is all. */
function form(id: string, { report }: PageView): Html {
  const name = slug(id)
  return html`<form
    id="acknowledge-${name}"
    class="acknowledge"
    data-stop="${id}"
    data-rollout="${isUnderWay(report) && report.rollout.id}"
    autocomplete="off"
  >
    <label for="reason-${name}">Why it is safe to go on</label>
    <input id="reason-${name}" name="reason" required maxlength="300" data-keep />
    <label for="token-${name}">Token</label>
    <input id="token-${name}" name="token" type="password" required autocomplete="off" data-keep />
    <button type="submit">Acknowledge</button>
    <button type="button" class="forget" data-forget>Forget the token</button>
    <p id="outcome-${name}" class="outcome" role="status" data-keep></p>
  </form>`
}
