import { nextBaselines, withoutTheGone } from './baselines.ts'
import { beside } from './beside.ts'
import { fold } from './belief.ts'
import { noGraph } from './cause.ts'
import { meaning } from './change.ts'
import { contentsOf, type Contents } from './content.ts'
import { enforcedIn } from './enforced.ts'
import { checkStatus, gateStatus, skippedCheck, stateInGate } from './gate.ts'
import type { Check, CheckStatus } from './gate.ts'
import { judging, type Judged, type Judgements, type Judging } from './judging.ts'
import { momentAt, type Moment } from './moment.ts'
import type { Batch } from './observation.ts'
import { STARVED } from './punctuality.ts'
import { ownQuestions, statusesIn } from './question.ts'
import { isActive } from './rollout.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import { mapOf, remaking, type Remaking, type Standings } from './standing.ts'
import { skippedStop, stopStatus, type StopCondition, type StopStatus } from './stop.ts'
import type { Tick } from './streak.ts'
import { MINUTE, type Instant } from './time.ts'
import { conclude, type VerdictStatus } from './verdict.ts'
import { counting, groundsOf, waiverOf, waivingIn, withWaiver, type Waiving } from './waiver.ts'
import { waivedItems } from './would.ts'

/** What a step leaves for the one after it. Without it all is judged anew, with the same result. */
interface Kept {
  readonly rules: Rules
  readonly contents: Contents
  readonly judgements: Judgements
  readonly standings: Standings
  /** When the next step may come to something else by time alone, beside what grows stale. */
  readonly due: Instant
}

const keptOf = beside<Snapshot, Kept>()

/**
 * When a step without news may come to something else than this snapshot, by time alone. In the past where it is not known:
 * what came out other than it was is judged once more.
 */
export function dueOf(snapshot: Snapshot): Instant {
  const kept = keptOf.get(snapshot)
  return kept === undefined ? -Infinity : Math.min(kept.due, kept.contents.until)
}

/** Whether `after` came from `before` by a step that found nothing new, so that only the dates of looks differ. */
export function isRestated(before: Snapshot, after: Snapshot): boolean {
  return after.verdict === before.verdict && keptOf.get(before)?.standings === keptOf.get(after)?.standings
}

/**
 * The one place where belief changes: takes in news, judges at `now` what depends on it or on the time, and concludes.
 * Call it when a batch arrives, when it is due (`dueOf`), and at least once per `longestGap`.
 * @param origin what a command or the like made `previous` of; of that less has to be judged anew than of nothing
 */
export function step(
  previous: Snapshot,
  batches: readonly Batch[],
  time: Instant,
  rules: Rules,
  origin: Snapshot = previous,
): Snapshot {
  const now = Math.max(time, previous.at)
  const known = keptOf.get(previous) ?? keptOf.get(origin)
  const kept = known?.rules === rules ? known : undefined
  const beliefs = fold(previous.beliefs, batches)
  const contents = contentsOf(kept?.contents, beliefs, now)
  const tick = {
    before: previous.at,
    gap: now - previous.at > rules.longestGap,
    starved: previous.impediments.has(STARVED),
    rollout: isActive(previous.rollout),
  }
  const tidies = Math.floor(now / MINUTE) > Math.floor(previous.at / MINUTE)
  const isNews = contents.token !== kept?.contents.token || tick.gap || tick.starved || tidies
  if (kept !== undefined && keptOf.get(previous) !== undefined && !isNews && now < kept.due) {
    const restated = { ...previous, at: now, beliefs }
    keptOf.set(restated, { ...kept, contents })
    return restated
  }
  const conditions = judging(previous, contents, now, rules.providers, kept?.judgements)
  const values = remaking(kept?.standings, now, tick.gap || tick.starved)
  const judged = judgeAll({ previous, rules, tick, conditions, values, waiving: waivingIn(previous, rules) })
  const moment = momentAt(now)
  const moved = nextBaselines(previous.baselines, conditions.anew(), rules.stops, judged.stops, moment)
  const baselines = tidies ? withoutTheGone(moved, beliefs, rules, now) : moved
  const next = { ...previous, at: now, beliefs, ...judged, baselines }
  const after = { ...next, revision: previous.revision + (isOther(previous, next) ? 1 : 0) }
  keptOf.set(after, {
    rules,
    contents,
    judgements: conditions.all(),
    standings: values.standings,
    due: baselines === previous.baselines ? Math.min(values.due(), moment.due()) : -Infinity,
  })
  return after
}

/** Whether it means something else to a client that waits. */
function isOther(before: Snapshot, after: Snapshot): boolean {
  const isUntouched =
    before.checks === after.checks &&
    before.gates === after.gates &&
    before.stops === after.stops &&
    before.verdict === after.verdict &&
    before.questions === after.questions
  return !isUntouched && meaning(before) !== meaning(after)
}

interface Judgement {
  readonly previous: Snapshot
  readonly rules: Rules
  readonly tick: Omit<Tick, keyof Moment> & { readonly rollout: boolean }
  readonly conditions: Judging
  readonly values: Remaking
  readonly waiving: Waiving
}

type Judgeable = Required<Pick<Snapshot, 'checks' | 'gates' | 'stops' | 'verdict' | 'questions'>>

function judgeAll(judgement: Judgement): Judgeable {
  const { previous, rules, values, waiving } = judgement
  const stops = mapOf(
    previous.stops,
    rules.stops.map((stop) => judgeStop(judgement, stop)),
  )
  const checks = mapOf(
    previous.checks,
    rules.gates.flatMap(({ id, checks: asked }) => asked.map((check) => judgeCheck(judgement, id, check))),
  )
  const gates = mapOf(
    previous.gates,
    rules.gates.map((gate) => {
      const before = previous.gates.get(gate.id)
      const own = statusesOf(gate.checks, checks)
      const from = own.map((status) => (status.state === 'unknown' ? status : stateInGate(status)))
      return values.value(gate, before, [...from, ...groundsOf(waiving, gate.id)], (moment) => {
        const status = gateStatus(gate, own, rules.skipped.has(gate.id), before, moment.now)
        return withWaiver(status, before, waiverOf(gate.id, undefined, waiving, moment), moment.now)
      })
    }),
  )
  return { checks, gates, stops, ...conclusions(judgement, { checks, gates, stops }) }
}

function judgeStop(
  { previous, rules, tick, conditions, values, waiving }: Judgement,
  stop: StopCondition,
): StopStatus {
  const why = rules.skipped.get(stop.id)
  const before = previous.stops.get(stop.id)
  const found = why === undefined ? conditions.of(stop) : undefined
  return values.value(
    stop,
    before,
    [found?.findings, found?.measured, tick.rollout, ...groundsOf(waiving, stop.id)],
    (moment) => {
      if (found === undefined) return skippedStop(stop.id, before, why ?? '', moment.now)
      const status = measuredBy(found, stopStatus(stop, before, found.findings, { ...tick, ...moment }))
      return withWaiver(status, before, waiverOf(stop.id, status.latch, waiving, moment), moment.now)
    },
  )
}

function judgeCheck(
  { previous, rules, tick, conditions, values, waiving }: Judgement,
  gate: string,
  check: Check,
): CheckStatus {
  const off = rules.skipped.get(gate) ?? rules.skipped.get(check.id)
  const why = check.notAsked === undefined ? off : check.notAsked(previous.rollout)
  const before = previous.checks.get(check.id)
  const found = why === undefined ? conditions.of(check) : undefined
  const reason = check.notAsked === undefined ? 'switched_off' : 'not_asked'
  const from = [found?.findings, found?.measured, why, ...groundsOf(waiving, check.id, gate)]
  return values.value(check, before, from, (moment) => {
    if (found === undefined) return skippedCheck(check.id, before, why ?? '', moment.now, reason)
    const status = measuredBy(found, checkStatus(check, before, found.findings, { ...tick, ...moment }))
    // What the rollout itself asks for has no switch.
    if (check.notAsked !== undefined) return status
    const waiver =
      waiverOf(check.id, undefined, waiving, moment) ?? waiverOf(gate, undefined, waiving, moment)
    return withWaiver(status, before, waiver, moment.now)
  })
}

/** A status with what was measured for it. */
function measuredBy<T>({ measured }: Judged, status: T): T {
  return { ...status, measured }
}

/** The whole verdict, and those of the questions about phases that leave something out. */
function conclusions(
  { previous, rules, tick, values }: Judgement,
  { checks, gates, stops }: Pick<Snapshot, 'checks' | 'gates' | 'stops'>,
): Pick<Judgeable, 'verdict' | 'questions'> {
  const { rollout, impediments } = previous
  const judged = rules.stops.flatMap((stop) => {
    const status = stops.get(stop.id)
    return status === undefined ? [] : { title: stop.title, status: counting(status) }
  })
  // What passes is no part of a conclusion, whatever was measured of it.
  const open = [
    ...[...checks.values()].filter(({ state, waived }) => state !== 'pass' || waived !== undefined),
    ...[...stops.values()].filter(
      ({ state, latch, waived }) => state !== 'clear' || latch !== undefined || waived !== undefined,
    ),
  ]
  const concluded = (
    name: string,
    before: VerdictStatus | undefined,
    of: () => Pick<Snapshot, 'checks' | 'gates'>,
  ) =>
    values.value(name, before, [gates, rollout, impediments, ...open], (moment) => {
      const whole = of()
      const asked = enforcedIn(whole, rules)
      return conclude(before, {
        moment,
        gap: tick.gap,
        waived: waivedItems({ ...whole, stops }).map(({ waived }) => waived),
        gates: [...asked.gates.values()],
        checks: rules.gates.flatMap((gate) =>
          statusesOf(gate.checks, asked.checks).map((status) => ({ gate: gate.id, status })),
        ),
        stops: judged,
        steadyRequired: rules.steady,
        impediments,
        graph: rules.graph ?? noGraph,
        ...(rollout !== undefined && { rollout }),
      })
    })
  const whole = { checks, gates }
  const verdict = concluded('verdict', previous.verdict, () => whole)
  const questions = ownQuestions(rules).map((phase) => {
    const before = previous.questions?.get(phase)
    return [phase, concluded(`question ${phase}`, before, () => statusesIn(phase, whole, rules))] as const
  })
  const isSame =
    previous.questions?.size === questions.length &&
    questions.every(([phase, status]) => previous.questions?.get(phase) === status)
  return { verdict, questions: isSame ? (previous.questions ?? new Map()) : new Map(questions) }
}

function statusesOf(
  checks: readonly Check[],
  statuses: ReadonlyMap<string, CheckStatus>,
): readonly CheckStatus[] {
  return checks.flatMap((check) => statuses.get(check.id) ?? [])
}
