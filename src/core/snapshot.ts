import { fold, type Beliefs } from './belief.ts'
import { evidenceOf, type Providers } from './evidence.ts'
import { judge, type Condition, type Finding, type Recollection } from './finding.ts'
import { checkStatus, gateStatus, skippedCheck } from './gate.ts'
import type { CheckStatus, Gate, GateStatus } from './gate.ts'
import type { Round } from './observation.ts'
import { isActive, type Rollout } from './rollout.ts'
import { skippedStop, stopStatus, type StopCondition, type StopStatus } from './stop.ts'
import type { Instant, Millis } from './time.ts'
import { conclude, type VerdictStatus } from './verdict.ts'

/** Everything that is judged, and by which measure. Made from the configuration; replaced whole on reload. */
export interface Rules {
  readonly gates: readonly Gate[]
  readonly stops: readonly StopCondition[]
  readonly providers: Providers
  /** How long everything must have stood before the verdict is `proceed`. */
  readonly steady: Millis
  /** Two steps further apart than this have a gap between them in which nobody looked. */
  readonly longestGap: Millis
  /** Ids of gates, checks and stop conditions that are switched off on purpose, with the reason. */
  readonly skipped: ReadonlyMap<string, string>
}

/** All that is believed at one instant. The only value that the daemon shares; publishers are views of it. */
export interface Snapshot {
  readonly at: Instant
  readonly beliefs: Beliefs
  readonly checks: ReadonlyMap<string, CheckStatus>
  readonly gates: ReadonlyMap<string, GateStatus>
  readonly stops: ReadonlyMap<string, StopStatus>
  /** Up to where lifetime counts and baselines have been dealt with. */
  readonly marks: ReadonlyMap<string, number>
  readonly verdict: VerdictStatus
  /** The rollout under way, or the last one. */
  readonly rollout?: Rollout
  /** Counts semantic changes: a state, a reason, a culprit, a latch, the verdict; never a mere number. */
  readonly revision: number
}

/** A change of state worth remembering. */
export interface Transition {
  readonly at: Instant
  readonly subject: 'gate' | 'check' | 'stop-condition' | 'verdict'
  readonly id: string
  readonly from: string
  readonly to: string
  readonly message: string
}

/** What is believed before anything was looked at: nothing. */
export function initialSnapshot(at: Instant, rules: Rules): Snapshot {
  const verdict: VerdictStatus = {
    verdict: 'hold',
    since: at,
    summary: 'Hold: nothing has been measured yet',
    blocking: [],
    steadyRequired: rules.steady,
  }
  const none = new Map<string, never>()
  return { at, beliefs: none, checks: none, gates: none, stops: none, marks: none, verdict, revision: 0 }
}

/**
 * The one place where belief changes: takes in news, judges every condition at `now` and concludes. Call it when a
 * round arrives and at least once per `longestGap`, so that holds end and evidence goes stale on time.
 */
export function step(previous: Snapshot, rounds: readonly Round[], time: Instant, rules: Rules): Snapshot {
  const now = Math.max(time, previous.at)
  const beliefs = fold(previous.beliefs, rounds)
  const evidence = evidenceOf(beliefs, rules.providers, now)
  const recollection = recollect(previous, now)
  const judged = new Map<Condition, readonly Finding[]>()
  function findingsOf(condition: Condition): readonly Finding[] {
    const known = judged.get(condition) ?? judge(condition, evidence, recollection)
    judged.set(condition, known)
    return known
  }
  const tick = { now, gap: now - previous.at > rules.longestGap, rollout: isActive(previous.rollout) }

  const stops = new Map<string, StopStatus>()
  for (const stop of rules.stops) {
    const { id } = stop
    const why = rules.skipped.get(id)
    const before = previous.stops.get(id)
    stops.set(
      id,
      why === undefined
        ? stopStatus(stop, before, findingsOf(stop.condition), tick)
        : skippedStop(id, before, why, now),
    )
  }

  const checks = new Map<string, CheckStatus>()
  const gates = new Map<string, GateStatus>()
  for (const gate of rules.gates) {
    const skippedWhole = rules.skipped.get(gate.id)
    const statuses = gate.checks.map((check) => {
      const { id } = check
      const why = skippedWhole ?? rules.skipped.get(id)
      const before = previous.checks.get(id)
      return why === undefined
        ? checkStatus(check, before, findingsOf(check.condition), tick)
        : skippedCheck(id, before, why, now)
    })
    for (const status of statuses) checks.set(status.id, status)
    gates.set(
      gate.id,
      gateStatus(gate, statuses, skippedWhole !== undefined, previous.gates.get(gate.id), now),
    )
  }

  const verdict = conclude(previous.verdict, {
    now,
    gap: tick.gap,
    gates: [...gates.values()],
    checks: rules.gates.flatMap((gate) =>
      gate.checks.flatMap((check) => {
        const status = checks.get(check.id)
        return status === undefined ? [] : { gate: gate.id, status }
      }),
    ),
    stops: rules.stops.flatMap((stop) => {
      const status = stops.get(stop.id)
      return status === undefined ? [] : { title: stop.title, status }
    }),
    steadyRequired: rules.steady,
  })
  const marks = nextMarks(previous.marks, judged.values(), rules.stops, stops, now)
  const next = { ...previous, at: now, beliefs, checks, gates, stops, marks, verdict }
  return { ...next, revision: previous.revision + (meaning(next) === meaning(previous) ? 0 : 1) }
}

function recollect(previous: Snapshot, now: Instant): Recollection {
  const { rollout, marks } = previous
  const active = isActive(rollout)
    ? {
        rollout: {
          id: rollout.id,
          startedAt: rollout.startedAt,
          expectsReplacement: rollout.phase === 'rolling',
        },
      }
    : {}
  return {
    now,
    ...active,
    mark: (key) => marks.get(key),
    marked: (prefix) => [...marks.keys()].filter((key) => key.startsWith(prefix)).toSorted(),
  }
}

/** Marks move at first sight, when a count starts anew, and when the window of an edge has passed without an event. */
function nextMarks(
  marks: Snapshot['marks'],
  judged: Iterable<readonly Finding[]>,
  stops: readonly StopCondition[],
  statuses: ReadonlyMap<string, StopStatus>,
  now: Instant,
): Snapshot['marks'] {
  const moved = new Map<string, number>()
  for (const findings of judged)
    for (const { tally } of findings) if (tally?.mark !== undefined) moved.set(tally.key, tally.mark)
  for (const stop of stops) {
    const status = statuses.get(stop.id)
    if (status?.lastEventAt === undefined || now - status.lastEventAt < stop.window) continue
    for (const tally of settleable(status)) moved.set(tally.key, tally.value)
  }
  return moved.size === 0 ? marks : new Map([...marks, ...moved])
}

/** The counts of a stop condition that an acknowledgement or its window settles. */
export function settleable(status: StopStatus): readonly { readonly key: string; readonly value: number }[] {
  return status.findings.flatMap(({ answer, tally }) =>
    answer === 'unmet' && tally !== undefined && tally.settles ? { key: tally.key, value: tally.value } : [],
  )
}

const meanings = new WeakMap<object, string>()

/** What a waiting client wants to be woken for, as a string to compare. */
function meaning(snapshot: Snapshot): string {
  const known = meanings.get(snapshot)
  if (known !== undefined) return known
  const { verdict, rollout, gates, checks, stops } = snapshot
  const parts = [verdict.verdict, rollout?.id, rollout?.phase]
  for (const status of gates.values()) parts.push(status.id, status.state)
  for (const status of checks.values()) parts.push(status.id, status.state, ...concerned(status.findings))
  for (const status of stops.values()) {
    const { latch } = status
    parts.push(
      status.id,
      status.state,
      latch && `${latch.at}/${latch.acknowledged?.at}`,
      ...concerned(status.findings),
    )
  }
  const text = parts.join('\n')
  meanings.set(snapshot, text)
  return text
}

function concerned(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter((finding) => finding.answer === 'unmet' || finding.answer === 'unknown')
    .map((finding) => `${finding.key}:${finding.reason}`)
}

/** Every change of state from one snapshot to the next, in the order of the tables. */
export function transitions(before: Snapshot, after: Snapshot): readonly Transition[] {
  const { at } = after
  const changes: Transition[] = []
  function compare(
    subject: Transition['subject'],
    from: ReadonlyMap<string, Stated>,
    to: ReadonlyMap<string, Stated>,
  ) {
    for (const [id, status] of to) {
      const was = from.get(id)?.state ?? 'unknown'
      const message = status.findings?.[0]?.message ?? ''
      if (was !== status.state) changes.push({ at, subject, id, from: was, to: status.state, message })
    }
  }
  compare('check', before.checks, after.checks)
  compare('gate', before.gates, after.gates)
  compare('stop-condition', before.stops, after.stops)
  const { verdict, summary } = after.verdict
  if (before.verdict.verdict !== verdict)
    changes.push({
      at,
      subject: 'verdict',
      id: 'verdict',
      from: before.verdict.verdict,
      to: verdict,
      message: summary,
    })
  return changes
}

interface Stated {
  readonly state: string
  readonly findings?: readonly Finding[]
}
