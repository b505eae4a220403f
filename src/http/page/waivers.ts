import type { GateReport } from '../../contract/document.ts'
import type { Item } from '../../contract/items.ts'
import type { NotEnforced } from '../../contract/modes.ts'
import { foreign, html, type Html } from './html.ts'
import { instant, moment, slug } from './words.ts'

/** What is judged and does not count: a badge at each item, and a list at the top. */

const words = { shadow: 'in shadow', overridden: 'overridden' } as const

/** That an item does not count, and until when. */
export function waiverFlag(
  { mode, modeUntil }: Pick<Item, 'mode' | 'modeUntil'>,
  { evaluatedAt }: GateReport,
): Html | false {
  if (mode === 'enforce') return false
  return html`<span class="flag"
    >${words[mode]}${modeUntil !== null && html` until ${instant(modeUntil, evaluatedAt)}`}</span
  >`
}

/** All that does not count, and what should by now; nothing where everything does. */
export function waivers(report: GateReport): Html | undefined {
  const { notEnforced, expiredShadows, evaluatedAt } = report
  if (notEnforced.length === 0 && expiredShadows.length === 0) return undefined
  return html`<section id="not-enforced" class="notices" aria-label="What does not count">
    ${notEnforced.map((one) => html`<p>${waived(one, evaluatedAt)}</p>`)}
    ${expiredShadows.map(
      ({ ref, until }) =>
        html`<p>
          <strong>The shadow has expired:</strong> ${link(ref)} is enforced again since
          ${instant(until, evaluatedAt)}; remove the shadow from the configuration, or give it a later end.
        </p>`,
    )}
  </section>`
}

function waived(one: NotEnforced, now: string): Html {
  const { ref, mode, until, would, wouldSince, actor, reason, since } = one
  return html`<strong>Not enforced:</strong> ${link(ref)} is ${words[mode]} until
    ${instant(until, now)}${
      actor !== null && html` by ${foreign(actor)}`
    }${since !== null && html`, ${moment(since, now)}`}${reason !== null && html`: ${foreign(reason)}`}.
    ${
      would !== null &&
      html`It would ${would} the rollout${wouldSince !== null && html` since ${moment(wouldSince, now)}`}.`
    }`
}

function link(ref: string): Html {
  const [kind, id = '', , check] = ref.split('/')
  const target =
    kind === 'stop-conditions'
      ? `stop-${slug(id)}`
      : check === undefined
        ? `gate-${slug(id)}`
        : `check-${slug(check)}`
  return html`<a href="#${target}">${check ?? id}</a>`
}
