import { nextStepFor, type Advice } from '../core/advice.ts'
import type { Belief } from '../core/belief.ts'
import { stands } from '../core/edge.ts'
import type { Condition, Finding } from '../core/finding.ts'
import type { Check, CheckStatus, Gate } from '../core/gate.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Latch } from '../core/latch.ts'
import { speaksForRollback, type StopCondition, type StopStatus } from '../core/stop.ts'
import type { Instant } from '../core/time.ts'
import type { ReportContext } from './context.ts'
import type {
  CheckReport,
  Culprit,
  GateItem,
  Item,
  LatchReport,
  StopConditionReport,
} from '../contract/items.ts'
import type { Flag } from '../contract/wire.ts'
import { culpritLimit } from '../contract/wire.ts'
import { clip, observedForm, rfc3339, secondsOf, thresholdForm, timeOrNull } from './forms.ts'
import { isRequired, modeForm } from './waivers.ts'

type Judged = Pick<Check, 'id' | 'condition' | 'source' | 'nextStep' | 'runbook'>
type Status = Pick<CheckStatus | StopStatus, 'findings' | 'streaks' | 'since' | 'state'> &
  Pick<StopStatus, 'cause' | 'waived'>

/** What the rules ask and the snapshot has no answer to: it was never judged. */
const unjudged: Finding = {
  key: 'source',
  answer: 'unknown',
  unknownReason: 'never_measured',
  reason: 'never_measured',
  message: 'this was not evaluated yet',
}

export function gateItem(gate: Gate, snapshot: Snapshot, context: ReportContext): GateItem {
  const status = snapshot.gates.get(gate.id)
  const state = status?.state ?? 'unknown'
  return {
    id: gate.id,
    title: gate.title,
    state,
    since: rfc3339(status?.since ?? snapshot.at),
    ...modeForm(status),
    required: isRequired(gate, snapshot),
    checks: gate.checks.map((check) => checkItem(check, snapshot, context)),
  }
}

function checkItem(check: Check, snapshot: Snapshot, context: ReportContext): CheckReport {
  const status = snapshot.checks.get(check.id)
  const flags = staleFlag(status)
  return {
    ...item(check, status, flags, snapshot, context),
    state: status?.state ?? 'unknown',
    failAfterSeconds: secondsOf(check.failAfter),
    warmUpSeconds: secondsOf(check.warmUp),
  }
}

export function stopConditionItem(
  stop: StopCondition,
  snapshot: Snapshot,
  context: ReportContext,
): StopConditionReport {
  const status = snapshot.stops.get(stop.id)
  const latch = status?.latch
  const acknowledged = latch?.acknowledged !== undefined
  const preexisting = latch?.preexisting ?? false
  const flags: readonly Flag[] = [
    ...staleFlag(status),
    ...(latch !== undefined && !acknowledged ? (['latched'] as const) : []),
    ...(acknowledged ? (['acknowledged'] as const) : []),
    ...(preexisting ? (['preexisting'] as const) : []),
  ]
  return {
    ...item(stop, status, flags, snapshot, context),
    title: stop.title,
    state: status?.state ?? 'unknown',
    kind: stop.kind,
    holdSeconds: secondsOf(stop.hold),
    clearAfterSeconds: secondsOf(stop.clearAfter),
    latch: latch === undefined ? null : latchForm(latch),
    latchedAt: timeOrNull(latch?.at),
    acknowledged,
    preexisting,
    speaksForRollback: status !== undefined && speaksForRollback(status),
    firings: status?.firings ?? 0,
    lastEventAt: timeOrNull(status && lastSeenToStand(status, snapshot.at)),
    countedSince: timeOrNull(countedSince(status, snapshot)),
    overSince: timeOrNull(status?.over?.since),
    clearsAt: timeOrNull(status?.over?.clearsAt),
  }
}

/** What stands was last seen to do so just now. */
function lastSeenToStand({ findings, lastEventAt }: StopStatus, at: Instant): Instant | undefined {
  return stands(findings) ? at : lastEventAt
}

/** A rollout and an acknowledgement make counts begin anew. */
function countedSince(status: StopStatus | undefined, { rollout }: Snapshot): Instant | undefined {
  const counted = status?.cause ?? status?.findings[0]
  const isCounted = counted?.tally?.settles === true && counted.tally.fromStart === undefined
  if (!isCounted || !isActive(rollout)) return undefined
  return Math.max(rollout.startedAt, status?.latch?.acknowledged?.at ?? rollout.startedAt)
}

/** A latch in the words of the document. */
export function latchForm(latch: Latch): LatchReport {
  const { acknowledged } = latch
  return {
    at: rfc3339(latch.at),
    reason: clip(latch.reason),
    message: clip(latch.message),
    culprits: latch.culprits.slice(0, culpritLimit).map((key) => clip(key)),
    preexisting: latch.preexisting,
    acknowledged:
      acknowledged === undefined
        ? null
        : {
            actor: clip(acknowledged.actor),
            reason: clip(acknowledged.reason),
            at: rfc3339(acknowledged.at),
          },
  }
}

function staleFlag(status: Status | undefined): readonly Flag[] {
  return status?.findings.some((finding) => finding.unknownReason === 'stale') === true ? ['stale'] : []
}

function item(
  judged: Judged,
  status: Status | undefined,
  flags: readonly Flag[],
  snapshot: Snapshot,
  context: ReportContext,
): Item {
  const findings = status?.findings ?? [unjudged]
  // All members describe one finding, so that no two of them contradict each other.
  const worst = status?.cause ?? findings[0] ?? unjudged
  const blamed = blamedOf(findings, worst, status)
  return {
    id: judged.id,
    ...modeForm(status),
    claim: clip(judged.condition.claims),
    source: judged.source,
    reason: clip(worst.reason),
    message: clip(worst.message),
    since: rfc3339(status?.since ?? snapshot.at),
    unknownReason: worst.unknownReason ?? null,
    observed: observedForm(worst.observed),
    threshold: thresholdForm(worst.threshold, worst.observed?.unit),
    target: worst.target === undefined ? null : clip(worst.target),
    culprits: blamed.slice(0, culpritLimit).map((finding) => culprit(finding, status)),
    culpritCount: blamed.length,
    ...attempts(judged.condition, findings, snapshot, context),
    ...adviceOn(judged, worst, context),
    flags,
  }
}

/** What to do first about a finding, and where the rest is written. */
export function adviceOn(
  advice: Advice,
  finding: Finding,
  context: Pick<ReportContext, 'runbookBaseUrl'>,
): Pick<Item, 'nextStep' | 'runbookUrl'> {
  return {
    runbookUrl: `${context.runbookBaseUrl}${advice.runbook}`,
    nextStep: nextStepFor(advice, namesSubject(finding) ? finding.key : undefined),
  }
}

/** The subject that the item describes comes first. */
function blamedOf(
  findings: readonly Finding[],
  worst: Finding,
  status: Status | undefined,
): readonly Finding[] {
  if (status?.state === 'skipped') return []
  const blamed = findings.filter((finding) => isBlamed(finding, status))
  const told = blamed.length > 0 || status?.cause !== undefined ? [worst] : []
  return [...told, ...blamed.filter(({ key }) => key !== worst.key)]
}

/** A store that can't be seen hides the subjects in it, and its name is none of theirs. */
function namesSubject({ answer, key, target }: Finding): boolean {
  return answer === 'unknown' ? key !== target || key.includes('/') : answer !== 'met'
}

/** A subject that is near its limit is to blame only while its breach has not been seen to end. */
function isBlamed(finding: Finding, status: Status | undefined): boolean {
  switch (finding.answer) {
    case 'met':
      return false
    case 'near':
      return status?.streaks.get(finding.key)?.breachedSince !== undefined
    case 'unmet':
    case 'unknown':
      return true
  }
}

function culprit(finding: Finding, status: Status | undefined): Culprit {
  const streak = status?.streaks.get(finding.key)
  const since = streak === undefined ? undefined : (streak.breachedSince ?? streak.since)
  return {
    key: clip(finding.key),
    answer: finding.answer,
    reason: clip(finding.reason),
    message: clip(finding.message),
    target: finding.target === undefined ? null : clip(finding.target),
    since: timeOrNull(since),
    observed: observedForm(finding.observed),
    threshold: thresholdForm(finding.threshold, finding.observed?.unit),
  }
}

/** The oldest of the probe attempts that the findings rest on: those of their targets, or of all that give the signals. */
function attempts(
  condition: Condition,
  findings: readonly Finding[],
  snapshot: Snapshot,
  { rules }: ReportContext,
): Pick<Item, 'lastAttemptAt' | 'lastSuccessAt'> {
  const probes = new Set(condition.signals.map((signal) => rules.providers.get(signal.name) ?? ''))
  const watched = [...probes].flatMap((probe) => [...(snapshot.beliefs.get(probe)?.targets.values() ?? [])])
  const named = new Set(findings.flatMap(({ target, evidence }) => [target, evidence]))
  const concerned = watched.filter((belief) => named.has(belief.target.id))
  const beliefs = concerned.length > 0 ? concerned : watched
  return {
    lastAttemptAt: oldest(beliefs, (belief) => belief.last?.at),
    lastSuccessAt: oldest(beliefs, (belief) => belief.lastSuccessAt),
  }
}

function oldest(beliefs: readonly Belief[], at: (belief: Belief) => Instant | undefined): string | null {
  let result: Instant | undefined
  for (const belief of beliefs) {
    const instant = at(belief)
    if (instant === undefined) return null
    if (result === undefined || instant < result) result = instant
  }
  return timeOrNull(result)
}
