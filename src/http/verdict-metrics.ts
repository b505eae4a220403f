import { causeIds, causeRef } from '../core/cause.ts'
import { evidenceInForce, heldEvidence, pieceOf } from '../core/pushed.ts'
import { isActive, phases } from '../core/rollout.ts'
import { SECOND } from '../core/time.ts'
import { limitsIn } from '../rules/limits.ts'
import type { Item } from '../contract/items.ts'
import { checkStates } from '../core/gate.ts'
import { stopStates } from '../core/stop.ts'
import { verdicts } from '../core/verdict.ts'
import { verdictFamilies as family } from '../contract/families.ts'
import { culpritSamples } from './culprit-metrics.ts'
import { waiverSamples } from './waiver-metrics.ts'
import { flag, single, stateSet, type Judged, type Sample, type Samples } from './samples.ts'

/** The verdict, the rollout, and every gate, check and stop condition. */
export function verdictMetrics(scrape: Judged): Samples {
  return [
    ...verdictSamples(scrape),
    ...rolloutSamples(scrape),
    ...gateSamples(scrape),
    ...evidenceSamples(scrape),
    ...stopSamples(scrape),
    ...causeSamples(scrape),
    ...waiverSamples(scrape),
    ...limitSamples(scrape),
  ]
}

function verdictSamples({ report }: Judged): Samples {
  return [
    [family.verdict, stateSet(verdicts, report.verdict)],
    [family.verdictSince, single(unix(report.verdictSince))],
    [family.expiry, single(unix(report.expiresAt))],
    [family.steady, single(report.steadySeconds)],
    [family.steadyRequired, single(report.requiredSteadySeconds)],
    [family.rollbackViable, stateSet(['yes', 'no', 'unknown'], report.rollback.viable)],
  ]
}

function rolloutSamples({ snapshot, report }: Judged): Samples {
  const { rollout, release } = report
  const names = [rollout.id, rollout.revision, rollout.chart, release.name, release.namespace]
  return [
    [family.active, single(flag(isActive(snapshot.rollout)))],
    [family.phase, stateSet(phases, rollout.phase)],
    [family.info, rollout.id === null ? [] : [{ labels: names.map((name) => name ?? ''), value: 1 }]],
    [family.started, single(unix(rollout.startedAt))],
    [family.finished, single(unix(rollout.finishedAt))],
  ]
}

function gateSamples({ report }: Judged): Samples {
  const { gates } = report
  const checks = gates.flatMap((gate) => gate.checks.map((check) => ({ gate: gate.id, check })))
  return [
    [family.gate, gates.flatMap(({ id, state }) => stateSet(checkStates, state, [id]))],
    [family.check, checks.flatMap(({ gate, check }) => stateSet(checkStates, check.state, [gate, check.id]))],
    [family.checkObserved, checks.flatMap(({ check }) => number(check, check.observed))],
    [family.checkThreshold, checks.flatMap(({ check }) => number(check, check.threshold))],
  ]
}

function evidenceSamples({ snapshot }: Judged): Samples {
  const inForce = evidenceInForce(snapshot)
  const pieces = heldEvidence(snapshot).flatMap(({ target }) =>
    inForce.has(target.id) ? (pieceOf(target) ?? []) : [],
  )
  return [
    [family.evidenceIssued, pieces.map(({ check, issued }) => ({ labels: [check], value: issued / SECOND }))],
  ]
}

function stopSamples({ report }: Judged): Samples {
  const stops = report.stopConditions
  const firing = stops.filter(({ state }) => state === 'firing')
  return [
    [family.stop, stops.flatMap(({ id, state }) => stateSet(stopStates, state, [id]))],
    [
      family.stopLatched,
      stops.map(({ id, flags }) => ({ labels: [id], value: flag(flags.includes('latched')) })),
    ],
    [family.stopLatchedAt, stops.flatMap(({ id, latchedAt }) => moment(id, latchedAt))],
    [
      family.stopAcknowledgedAt,
      stops.flatMap(({ id, latch }) => moment(id, latch?.acknowledged?.at ?? null)),
    ],
    [family.stopFirings, stops.map(({ id, firings }) => ({ labels: [id], value: firings }))],
    [
      family.stopFiringSince,
      firing.flatMap(({ id, since }) => ({ labels: [id], value: Date.parse(since) / 1_000 })),
    ],
    [family.stopObserved, stops.flatMap((stop) => number(stop, stop.observed))],
    [family.stopThreshold, stops.flatMap((stop) => number(stop, stop.threshold))],
    [family.stopCulprit, stops.flatMap(culpritSamples)],
  ]
}

function causeSamples({ report: { blocking } }: Judged): Samples {
  const active = new Set(blocking.map(({ ref }) => ref))
  const explained = blocking.flatMap(({ ref, explainedBy }): readonly Sample[] => {
    const [kind, id = ''] = ref.split('/')
    const cause = explainedBy?.split('/').at(-1)
    return kind === 'stop-conditions' && cause !== undefined ? [{ labels: [id, cause], value: 1 }] : []
  })
  const since = causeIds.flatMap((id) =>
    moment(id, blocking.find(({ ref }) => ref === causeRef(id))?.since ?? null),
  )
  return [
    [family.causeActive, causeIds.map((id) => ({ labels: [id], value: flag(active.has(causeRef(id))) }))],
    [family.causeSince, since],
    [family.stopExplained, explained],
  ]
}

function moment(id: string, at: string | null): readonly Sample[] {
  return single(unix(at)).map(({ value }) => ({ labels: [id], value }))
}

/** Every limit that is a number; spans are in no series that they could be a line beside. */
function limitSamples({ context: { limits } }: Judged): Samples {
  return [[family.limit, [...limitsIn(limits)].map(([limit, value]) => ({ labels: [limit], value }))]]
}

/** A truth value beside the limit 1 would only repeat the state. */
function number(item: Item, quantity: Item['observed'] | Item['threshold']): readonly Sample[] {
  if (quantity === null || quantity.unit === 'boolean') return []
  return [{ labels: [item.id, quantity.unit], value: quantity.value }]
}

function unix(timestamp: string | null): number | undefined {
  return timestamp === null ? undefined : Date.parse(timestamp) / 1_000
}
