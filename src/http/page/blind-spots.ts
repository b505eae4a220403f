import type { Belief } from '../../core/belief.ts'
import { whyUnavailable } from '../../core/evidence.ts'
import { PUSHED_EVIDENCE } from '../../core/observation.ts'
import { evidenceInForce } from '../../core/pushed.ts'
import { rfc3339 } from '../forms.ts'
import { badge } from './badges.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import type { PageView } from './view.ts'
import { count, moment } from './words.ts'

/** Blind spots that are listed; the rest is counted. */
const LISTED = 40

interface BlindSpot {
  readonly probe: string
  readonly target: string
  readonly why: string
  readonly message: string
  /** Undefined where the target itself is up. */
  readonly lastSuccessAt: number | undefined
}

/** What the exporter cannot read: targets that are unavailable, and signals that a successful attempt did not give. */
export function blindSpots({ snapshot, report }: PageView): Html {
  const probes = [...snapshot.beliefs].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const inForce = evidenceInForce(snapshot)
  const spots = probes.flatMap(([probe, { targets }]) =>
    [...targets.values()]
      .filter(({ target }) => probe !== PUSHED_EVIDENCE || inForce.has(target.id))
      .flatMap((belief) => spotsOf(probe, belief, snapshot.at)),
  )
  const targets = probes.reduce((sum, [, { targets: own }]) => sum + own.size, 0)
  const rest = spots.length - LISTED
  return html`<section id="blind-spots" aria-labelledby="blind-spots-title">
    <h2 id="blind-spots-title">
      Blind spots
      <span class="tally">${spots.length === 0 ? 'none' : count(spots.length, 'blind spot')}</span>
    </h2>
    ${
      spots.length === 0
        ? html`<p class="fine">${allUp(targets, probes.length)}</p>`
        : html`<ul class="hidden">
            ${spots.slice(0, LISTED).map((spot) => line(spot, report.evaluatedAt))}
            ${rest > 0 && html`<li class="quiet">and ${count(rest, 'more')}</li>`}
          </ul>`
    }
  </section>`
}

function allUp(targets: number, probes: number): string {
  return targets === 0
    ? 'No probe attempt yet.'
    : `Every target is available: ${count(targets, 'target')} of ${count(probes, 'probe')}.`
}

function spotsOf(probe: string, belief: Belief, now: number): readonly BlindSpot[] {
  const { target, last, lastSuccessAt } = belief
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined) {
    const { unknownReason: why, message } = unavailable
    return [{ probe, target: target.id, why, message, lastSuccessAt }]
  }
  const spots = last?.outcome.ok === true ? last.outcome.blindSpots : []
  // One attempt may leave a hundred series open for the same reason.
  const byReason = Map.groupBy(spots, ({ unknownReason, message }) => `${unknownReason} ${message}`)
  return [...byReason.values()].map(([first, ...others]) => ({
    probe,
    target: target.id,
    why: first?.unknownReason ?? '',
    message: `${first?.message}${others.length > 0 ? ` (${count(others.length + 1, 'series', 'series')})` : ''}`,
    lastSuccessAt: undefined,
  }))
}

function line({ probe, target, why, message, lastSuccessAt }: BlindSpot, now: string): Html {
  return html`<li>
    <p>
      ${badge('unknown')} <strong>${foreign(target)}</strong>
      <span class="quiet">by ${attemptsOf(probe)}</span>
      <span class="flag">${why.replaceAll('_', ' ')}</span>
    </p>
    <p class="message">
      ${foreign(message)}${
        lastSuccessAt !== undefined &&
        html`; <span class="quiet">last success ${moment(rfc3339(lastSuccessAt), now)}</span>`
      }
    </p>
  </li>`
}

/** Evidence is pushed, so it has no attempts to show. */
function attemptsOf(probe: string): Value {
  return probe === PUSHED_EVIDENCE
    ? probe
    : html`<a href="debug/probes/${encodeURIComponent(probe)}">${probe}</a>`
}
