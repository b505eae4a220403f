import { fold } from './belief.ts'
import { meaning } from './change.ts'
import type { Finding } from './finding.ts'
import { checkStatus, gateStatus, skippedCheck } from './gate.ts'
import type { Check, CheckStatus, GateStatus } from './gate.ts'
import { judging, type Judging } from './judging.ts'
import { withoutTheGone } from './baselines.ts'
import type { Batch } from './observation.ts'
import { STARVED } from './punctuality.ts'
import { ownQuestions, statusesIn } from './question.ts'
import { isActive } from './rollout.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import { skippedStop, stopStatus, type StopCondition, type StopStatus } from './stop.ts'
import type { Tick } from './streak.ts'
import { MINUTE, type Instant } from './time.ts'
import { conclude, type Judged, type VerdictStatus } from './verdict.ts'

/**
 * The one place where belief changes: takes in news, judges every condition at `now` and concludes. Call it when a
 * batch arrives and at least once per `longestGap`, so that holds end and evidence goes stale on time.
 */
export function step(previous: Snapshot, batches: readonly Batch[], time: Instant, rules: Rules): Snapshot {
  const now = Math.max(time, previous.at)
  const beliefs = fold(previous.beliefs, batches)
  const findings = judging(previous, beliefs, now, rules.providers)
  const elapsed = now - previous.at
  const tick = {
    now,
    elapsed,
    gap: elapsed > rules.longestGap,
    starved: previous.impediments.has(STARVED),
    rollout: isActive(previous.rollout),
  }
  const stops = judgeStops(previous, findings, tick, rules)
  const checks = judgeChecks(previous, findings, tick, rules)
  const gates = new Map<string, GateStatus>()
  for (const gate of rules.gates) {
    const statuses = statusesOf(gate.checks, checks)
    gates.set(
      gate.id,
      gateStatus(gate, statuses, rules.skipped.has(gate.id), previous.gates.get(gate.id), now),
    )
  }
  const { verdict, questions } = conclusions(previous, { now, gap: tick.gap, checks, gates, stops }, rules)
  const moved = nextBaselines(previous.baselines, findings.all(), rules.stops, stops, now)
  const tidies = Math.floor(now / MINUTE) > Math.floor(previous.at / MINUTE)
  const baselines = tidies ? withoutTheGone(moved, beliefs, rules, now) : moved
  const next = { ...previous, at: now, beliefs, checks, gates, stops, baselines, verdict, questions }
  const after = { ...next, revision: previous.revision + (meaning(next) === meaning(previous) ? 0 : 1) }
  findings.keepFor(after)
  return after
}

type Judgements = Pick<Snapshot, 'checks' | 'gates' | 'stops'> & Pick<Judged, 'now' | 'gap'>

/** The whole verdict, and those of the questions about phases that leave something out. */
function conclusions(
  previous: Snapshot,
  { now, gap, checks, gates, stops }: Judgements,
  rules: Rules,
): Required<Pick<Snapshot, 'verdict' | 'questions'>> {
  const judged = rules.stops.flatMap((stop) => {
    const status = stops.get(stop.id)
    return status === undefined ? [] : { title: stop.title, status }
  })
  const concluded = (before: VerdictStatus | undefined, of: Pick<Snapshot, 'checks' | 'gates'>) =>
    conclude(before, {
      now,
      gap,
      gates: [...of.gates.values()],
      checks: rules.gates.flatMap((gate) =>
        statusesOf(gate.checks, of.checks).map((status) => ({ gate: gate.id, status })),
      ),
      stops: judged,
      steadyRequired: rules.steady,
      impediments: previous.impediments,
      ...(previous.rollout !== undefined && { rollout: previous.rollout }),
    })
  const whole = { checks, gates }
  return {
    verdict: concluded(previous.verdict, whole),
    questions: new Map(
      ownQuestions(rules).map((phase) => [
        phase,
        concluded(previous.questions?.get(phase), statusesIn(phase, whole, rules)),
      ]),
    ),
  }
}

function judgeStops(
  previous: Snapshot,
  judging: Judging,
  tick: Tick & { readonly rollout: boolean },
  rules: Rules,
): ReadonlyMap<string, StopStatus> {
  const stops = new Map<string, StopStatus>()
  for (const stop of rules.stops) {
    const why = rules.skipped.get(stop.id)
    const before = previous.stops.get(stop.id)
    const status =
      why === undefined
        ? judged(judging.of(stop), (findings) => stopStatus(stop, before, findings, tick))
        : skippedStop(stop.id, before, why, tick.now)
    stops.set(stop.id, status)
  }
  return stops
}

function judgeChecks(
  previous: Snapshot,
  judging: Judging,
  tick: Tick,
  rules: Rules,
): ReadonlyMap<string, CheckStatus> {
  const checks = new Map<string, CheckStatus>()
  for (const gate of rules.gates) {
    for (const check of gate.checks) {
      const off = rules.skipped.get(gate.id) ?? rules.skipped.get(check.id)
      const why = check.notAsked === undefined ? off : check.notAsked(previous.rollout)
      const before = previous.checks.get(check.id)
      const status =
        why === undefined
          ? judged(judging.of(check), (findings) => checkStatus(check, before, findings, tick))
          : skippedCheck(
              check.id,
              before,
              why,
              tick.now,
              check.notAsked === undefined ? 'switched_off' : 'not_asked',
            )
      checks.set(check.id, status)
    }
  }
  return checks
}

/** A status with what was measured for it. */
function judged<T>({ findings, measured }: ReturnType<Judging['of']>, status: (of: typeof findings) => T): T {
  return { ...status(findings), measured }
}

function statusesOf(
  checks: readonly Check[],
  statuses: ReadonlyMap<string, CheckStatus>,
): readonly CheckStatus[] {
  return checks.flatMap((check) => statuses.get(check.id) ?? [])
}

/** Baselines move at first sight, when a count starts anew, and when the window of an edge has passed without an event. */
function nextBaselines(
  baselines: Snapshot['baselines'],
  judged: Iterable<readonly Finding[]>,
  stops: readonly StopCondition[],
  statuses: ReadonlyMap<string, StopStatus>,
  now: Instant,
): Snapshot['baselines'] {
  const moved = new Map<string, number>()
  for (const findings of judged)
    for (const { tally } of findings) if (tally?.baseline !== undefined) moved.set(tally.key, tally.baseline)
  for (const stop of stops) {
    const status = statuses.get(stop.id)
    if (status?.lastEventAt === undefined || now - status.lastEventAt < stop.window) continue
    for (const tally of settleable(status)) moved.set(tally.key, tally.value)
  }
  return moved.size === 0 ? baselines : new Map([...baselines, ...moved])
}

/** The counts of a stop condition that an acknowledgement or its window settles. */
export function settleable(status: StopStatus): readonly { readonly key: string; readonly value: number }[] {
  return status.findings.flatMap(({ answer, tally }) =>
    answer === 'unmet' && tally !== undefined && tally.settles ? { key: tally.key, value: tally.value } : [],
  )
}
