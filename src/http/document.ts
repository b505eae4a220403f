import { PUNCTUALITY_SPAN } from '../core/punctuality.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { inWords, type Instant, type Millis } from '../core/time.ts'
import { isBookkeeping } from '../rollout/baselines.ts'
import type { ReportContext } from './context.ts'
import type { EvaluatorReport, GateReport } from '../contract/document.ts'
import type { PastRollout, RolloutReport } from '../contract/rollouts.ts'
import { apiVersion } from '../contract/wire.ts'
import { clip, expectedForm, rfc3339, secondsOf } from './forms.ts'
import { blockerItem } from './blocker-items.ts'
import { gateItem, stopConditionItem } from './items.ts'
import { expiredShadowsIn, notEnforcedIn } from './waivers.ts'

/** Blockers that a document lists; more than all checks and stop conditions together. */
const BLOCKER_LIMIT = 200
/** Baselines that a document lists. */
const COUNT_LIMIT = 200
/** A document outlives the evaluation it comes from by this many intervals. */
export const EXPIRY_INTERVALS = 3

/** Whether anything has been judged yet. */
export function hasEvaluation(snapshot: Snapshot | undefined): snapshot is Snapshot {
  return snapshot !== undefined && snapshot.gates.size > 0
}

/** After this instant the snapshot says nothing. */
export function expiryOf(snapshot: Snapshot, context: Pick<ReportContext, 'evaluationInterval'>): Instant {
  return snapshot.at + EXPIRY_INTERVALS * context.evaluationInterval
}

/** Opaque to clients. A new epoch makes every older index another one. */
function indexOf(snapshot: Snapshot, epoch: string): string {
  return `${epoch}.${snapshot.revision}`
}

/** The document as a view of the snapshot: words and forms, no judgement. */
export function toReport(snapshot: Snapshot, context: ReportContext): GateReport {
  const { verdict } = snapshot
  const { rules, release } = context
  const { viable, reason, message, advice } = context.rollback
  const steadyFor = verdict.provenSince === undefined ? 0 : snapshot.at - verdict.provenSince
  return {
    apiVersion,
    kind: 'GateReport',
    verdict: verdict.verdict,
    summary: clip(verdict.summary),
    index: indexOf(snapshot, context.epoch),
    evaluatedAt: rfc3339(snapshot.at),
    expiresAt: rfc3339(expiryOf(snapshot, context)),
    verdictSince: rfc3339(verdict.since),
    // Rounded down, so that no client takes a steady time for reached that is not.
    steadySeconds: Math.floor(steadyFor) / 1_000,
    requiredSteadySeconds: secondsOf(verdict.steadyRequired),
    superseded: false,
    demanded: null,
    askedPhase: null,
    release: { name: clip(release.name), namespace: clip(release.namespace) },
    rollout: rolloutReport(snapshot),
    rollback: { viable, reason, message: clip(message), advice },
    notEnforced: notEnforcedIn(snapshot, rules),
    expiredShadows: expiredShadowsIn(snapshot, rules),
    blocking: verdict.blocking.slice(0, BLOCKER_LIMIT).map((blocker) => blockerItem(blocker, context)),
    gates: rules.gates.map((gate) => gateItem(gate, snapshot, context)),
    stopConditions: rules.stops.map((stop) => stopConditionItem(stop, snapshot, context)),
    evaluator: evaluatorReport(context),
  }
}

function evaluatorReport({ evaluator }: ReportContext): EvaluatorReport {
  const { version, instance, startedAt, cadence, configHash, stateStore, configReload } = evaluator
  const { starved, lost, longest, waited } = evaluator.punctuality
  return {
    version,
    instance: clip(instance),
    startedAt: rfc3339(startedAt),
    cadence,
    configHash,
    punctuality: {
      ok: starved === undefined,
      stalledRatio: ratio(lost),
      longestStallSeconds: secondsOf(Math.round(longest)),
      cpuWaitRatio: waited === undefined ? null : ratio(waited),
      message: clip(starved ?? `it stood still for at most ${inWords(longest)} at a time`),
    },
    stateStore: { ok: stateStore.ok, message: clip(stateStore.message) },
    configReload: {
      ok: configReload.ok,
      at: rfc3339(configReload.at),
      message: clip(configReload.message),
    },
    ...evaluator.place,
  }
}

/** Part of the time that punctuality is measured over, in hundredths. */
function ratio(part: Millis): number {
  return Math.min(1, Math.round((100 * part) / PUNCTUALITY_SPAN) / 100)
}

const idle: RolloutReport = {
  id: null,
  phase: 'idle',
  startedAt: null,
  finishedAt: null,
  detectedBy: null,
  actor: null,
  reason: null,
  revision: null,
  chart: null,
  images: {},
  expected: [],
  forced: null,
  supersededBy: null,
  baseline: null,
}

function rolloutReport(snapshot: Snapshot): RolloutReport {
  const { rollout } = snapshot
  if (rollout === undefined) return idle
  return {
    ...toRollout(rollout),
    baseline: isActive(rollout)
      ? { capturedAt: rfc3339(rollout.startedAt), counts: countsOf(snapshot) }
      : null,
  }
}

/** A rollout without what it is measured against, as the history lists it. */
export function toRollout(rollout: NonNullable<Snapshot['rollout']>): PastRollout {
  const { id, phase, detectedBy, startedAt, finishedAt, actor, reason, revision, chart, images } = rollout
  const { expected, forced, supersededBy } = rollout
  return {
    id: clip(id),
    phase,
    startedAt: rfc3339(startedAt),
    finishedAt: finishedAt === undefined ? null : rfc3339(finishedAt),
    detectedBy,
    actor: clipOrNull(actor),
    reason: clipOrNull(reason),
    revision: clipOrNull(revision),
    chart: clipOrNull(chart),
    images: Object.fromEntries(
      Object.entries(images ?? {}).map(([service, image]) => [clip(service), clip(image)]),
    ),
    expected: (expected ?? []).map(expectedForm),
    forced: forced === undefined ? null : { actor: clip(forced.actor), reason: clip(forced.reason) },
    supersededBy: clipOrNull(supersededBy),
  }
}

function clipOrNull(text: string | undefined): string | null {
  return text === undefined ? null : clip(text)
}

function countsOf(snapshot: Snapshot): Readonly<Record<string, number>> {
  const baselines = [...snapshot.baselines].filter(
    ([key, value]) => Number.isFinite(value) && !isBookkeeping(key),
  )
  return Object.fromEntries(
    baselines
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, COUNT_LIMIT)
      .map(([key, value]) => [clip(key), value]),
  )
}
