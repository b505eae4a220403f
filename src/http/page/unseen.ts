import type { Belief } from '../../core/belief.ts'
import { whyUnavailable } from '../../core/evidence.ts'
import { PUSHED_EVIDENCE } from '../../core/observation.ts'
import { evidenceInForce } from '../../core/pushed.ts'
import { rfc3339 } from '../forms.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { badge } from './badges.ts'
import type { PageView } from './view.ts'
import { count, moment } from './words.ts'

/** Targets that are named; the rest is counted. */
const NAMED = 40

interface Hidden {
  readonly probe: string
  readonly target: string
  readonly why: string
  readonly message: string
  readonly lastSuccessAt: number | undefined
}

/** What the daemon itself cannot see: targets whose looks fail or are too old, and what a look could not tell. */
export function unseen({ snapshot, report }: PageView): Html {
  const now = report.evaluatedAt
  const probes = [...snapshot.beliefs].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const counting = evidenceInForce(snapshot)
  const hidden = probes.flatMap(([probe, { targets }]) =>
    [...targets.values()]
      .filter(({ target }) => probe !== PUSHED_EVIDENCE || counting.has(target.id))
      .flatMap((belief) => hiddenBy(probe, belief, snapshot.at)),
  )
  const watched = probes.reduce((sum, [, { targets }]) => sum + targets.size, 0)
  return html`<section id="unseen" aria-labelledby="unseen-title">
    <h2 id="unseen-title">
      What it cannot see
      <span class="tally"
        >${hidden.length === 0 ? 'nothing hidden' : count(hidden.length, 'blind spot')}</span
      >
    </h2>
    ${
      hidden.length === 0
        ? html`<p class="fine">${sees(watched, probes.length)}</p>`
        : html`<ul class="hidden">
            ${hidden.slice(0, NAMED).map((one) => line(one, now))}
            ${hidden.length > NAMED && html`<li class="quiet">and ${count(hidden.length - NAMED, 'more')}</li>`}
          </ul>`
    }
  </section>`
}

function sees(targets: number, probes: number): string {
  return targets === 0
    ? 'Nothing has been looked at yet.'
    : `Every target is seen: ${count(targets, 'target')} of ${count(probes, 'probe')}.`
}

function hiddenBy(probe: string, belief: Belief, now: number): readonly Hidden[] {
  const { target, last, lastSuccessAt } = belief
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined) {
    const { unknownReason: why, message } = unavailable
    return [{ probe, target: target.id, why, message, lastSuccessAt }]
  }
  const spots = last?.outcome.ok === true ? last.outcome.blindSpots : []
  // One look may leave a hundred series of one kind open for the same reason.
  const reasons = Map.groupBy(spots, ({ unknownReason, message }) => `${unknownReason} ${message}`)
  return [...reasons.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            probe,
            target: target.id,
            why: first.unknownReason,
            message: `${first.message}${others.length > 0 ? ` (${count(others.length + 1, 'series', 'series')})` : ''}`,
            lastSuccessAt: undefined,
          },
        ],
  )
}

/** Evidence is pushed, so there are no looks to show. */
function looksOf(probe: string): Value {
  return probe === PUSHED_EVIDENCE
    ? probe
    : html`<a href="debug/probes/${encodeURIComponent(probe)}">${probe}</a>`
}

function line({ probe, target, why, message, lastSuccessAt }: Hidden, now: string): Html {
  return html`<li>
    <p>
      ${badge('unknown')} <strong>${foreign(target)}</strong>
      <span class="quiet">by ${looksOf(probe)}</span>
      <span class="flag">${why.replaceAll('_', ' ')}</span>
    </p>
    <p class="message">
      ${foreign(message)}${
        lastSuccessAt !== undefined &&
        html`; <span class="quiet">last seen ${moment(rfc3339(lastSuccessAt), now)}</span>`
      }
    </p>
  </li>`
}
