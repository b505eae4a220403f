import type { Finding } from './finding.ts'
import type { CheckStatus, GateStatus } from './gate.ts'
import type { Latch } from './latch.ts'
import type { Moment } from './moment.ts'
import { comesOfLateness, STARVED } from './punctuality.ts'
import type { Rollout, UnprovenEnd } from './rollout.ts'
import { forbids, type StopStatus } from './stop.ts'
import { inWords, type Instant, type Millis } from './time.ts'

export const verdicts = ['proceed', 'hold', 'stop'] as const
export type Verdict = (typeof verdicts)[number]

/** Something that keeps the verdict from `proceed`, root causes first. */
export interface Blocker {
  /** Path of the thing in the document: `stop-conditions/x`, `gates/x/checks/y`, `rollout` or `evaluator/x`. */
  readonly ref: string
  readonly state: string
  readonly reason: string
  readonly message: string
  /** False when another entry of the list explains this one. */
  readonly rootCause: boolean
}

export interface VerdictStatus {
  readonly verdict: Verdict
  readonly since: Instant
  /** One sentence with the verdict's word before it: `Hold: ...`. */
  readonly summary: string
  /** The same sentence without the word. */
  readonly because: string
  readonly blocking: readonly Blocker[]
  /** Since when everything required has been proven without a break; absent while something is not. */
  readonly provenSince?: Instant
  readonly steadyRequired: Millis
}

export interface Judged {
  readonly moment: Moment
  readonly gap: boolean
  readonly gates: readonly GateStatus[]
  /** Checks with the gate that asks them; those of skipped gates are left out. */
  readonly checks: readonly { readonly gate: string; readonly status: CheckStatus }[]
  readonly stops: readonly { readonly title: string; readonly status: StopStatus }[]
  readonly steadyRequired: Millis
  /** Why the daemon itself may not say proceed, by id: its memory of this rollout is lost, for one. */
  readonly impediments: ReadonlyMap<string, string>
  /** The rollout under way, or the last one. */
  readonly rollout?: Pick<Rollout, 'id' | 'phase'>
}

/** A verdict with what makes it so: the summary is made from that and from nothing else. */
type Conclusion =
  | { readonly verdict: 'stop'; readonly because: Because }
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'hold'; readonly because: Because | undefined }

interface Because {
  readonly first: Blocker
  /** How many more there are of the same weight. */
  readonly more: number
}

/** Concludes from gates and stop conditions whether the rollout may proceed. */
export function conclude(previous: VerdictStatus | undefined, judged: Judged): VerdictStatus {
  const { moment, gap, gates, stops, steadyRequired } = judged
  const { now } = moment
  // What failed says nothing else, however well the platform looks: its latches went with it.
  const isOpen = judged.rollout?.phase !== 'failed' && judged.impediments.size === 0
  const proven = isOpen && allProven(gates, stops)
  const provenSince = !proven ? undefined : gap ? now : (previous?.provenSince ?? now)
  const steady = provenSince !== undefined && moment.reached(provenSince + steadyRequired)
  const blocking = blockers(judged)
  const conclusion = concluded(blocking, steady)
  const { verdict } = conclusion
  const because = sentenceOf(conclusion, judged)
  return {
    verdict,
    since: previous?.verdict === verdict ? previous.since : now,
    summary: `${words[verdict]}: ${because}`,
    because,
    blocking: blocking.map(({ forbids: _, ...blocker }) => blocker),
    steadyRequired,
    ...(provenSince !== undefined && { provenSince }),
  }
}

function concluded(blocking: readonly Blocking[], steady: boolean): Conclusion {
  const forbidding = becauseOf(blocking.filter((blocker) => blocker.forbids))
  if (forbidding !== undefined) return { verdict: 'stop', because: forbidding }
  if (steady) return { verdict: 'proceed' }
  return { verdict: 'hold', because: becauseOf(blocking.filter(({ rootCause }) => rootCause)) }
}

function becauseOf([first, ...rest]: readonly Blocker[]): Because | undefined {
  return first && { first, more: rest.length }
}

/** Every gate that is not switched off passes, there is at least one, and no stop condition is in doubt. */
function allProven(gates: Judged['gates'], stops: Judged['stops']): boolean {
  const required = gates.filter((gate) => gate.state !== 'skipped')
  return (
    required.length > 0 &&
    required.every((gate) => gate.state === 'pass') &&
    stops.every(({ status }) => !forbids(status) && (status.state === 'clear' || status.state === 'skipped'))
  )
}

interface Blocking extends Blocker {
  /** A stop that stands or is latched: it makes the verdict. */
  readonly forbids: boolean
}

interface Candidate extends Omit<Blocking, 'rootCause'> {
  readonly rank: number
  /** Things with the same cause are one fault. */
  readonly cause: string
}

/** Path of the rollout in the document. */
const ROLLOUT_REF = 'rollout'

const rankOf: Record<string, number> = { firing: 0, latched: 1, fail: 2, unknown: 3, pending: 4 }

const UNCONFIGURED = 5

function blockers({ gates, checks, stops, impediments, rollout }: Judged): readonly Blocking[] {
  const starved = impediments.has(STARVED)
  const own = [...impediments].map(([id, message]): Candidate => {
    const ref = `evaluator/${id}`
    return { ref, state: 'unknown', reason: id, message, rank: 0, cause: ref, forbids: false }
  })
  const empty = gates.flatMap(({ id, state }) =>
    state === 'unknown' && !checks.some(({ gate, status }) => gate === id && status.state === 'unknown')
      ? [emptyGate(id)]
      : [],
  )
  const ofStops = stops.flatMap(({ title, status }) => stopCandidate(title, status, starved))
  const ofChecks = checks
    .filter(({ status }) => status.state !== 'pass' && status.state !== 'skipped')
    .map(({ gate, status }) =>
      candidate(`gates/${gate}/checks/${status.id}`, status.state, status.findings[0], starved),
    )
  const ranked = [...own, ...failure(rollout), ...ofStops, ...ofChecks, ...empty].toSorted(
    (a, b) => a.rank - b.rank,
  )
  const causes = new Set<string>()
  const blind = new Set(ranked.map((item) => item.cause).filter((cause) => cause.startsWith('blind:')))
  const judged = ranked.map(({ rank: _, cause, ...item }): Blocking => {
    const outage = consequences[item.reason]
    const explained = causes.has(cause) || (outage !== undefined && blind.has(outage))
    causes.add(cause)
    return { ...item, rootCause: !explained }
  })
  return [...judged.filter((item) => item.rootCause), ...judged.filter((item) => !item.rootCause)]
}

function failure(rollout: Judged['rollout']): readonly Candidate[] {
  if (rollout?.phase !== 'failed') return []
  const message = `rollout ${rollout.id} ended as failed; the next rollout that begins is judged anew`
  const reason: UnprovenEnd = 'rollout_failed'
  return [{ ref: ROLLOUT_REF, state: 'fail', reason, message, rank: 0, cause: ROLLOUT_REF, forbids: false }]
}

/** A service's own word for the loss of a dependency that we cannot see either is a consequence of that loss. */
const consequences: Readonly<Record<string, string>> = {
  redis_unreachable: 'blind:redis',
  redis_unavailable: 'blind:redis',
  postgres_unreachable: 'blind:postgres',
  outbox_unreachable: 'blind:postgres',
}

/** A gate that is asked for and asks nothing: every check of it is switched off. */
function emptyGate(id: string): Candidate {
  const ref = `gates/${id}`
  const message = `no check of the gate ${id} is switched on, so nothing proves it`
  return { ref, state: 'unknown', reason: 'no_check', message, rank: UNCONFIGURED, cause: id, forbids: false }
}

function stopCandidate(title: string, status: StopStatus, starved: boolean): Candidate[] {
  const ref = `stop-conditions/${status.id}`
  const { state, latch } = status
  if (state === 'skipped') return []
  if (state !== 'firing' && latch !== undefined && forbids(status))
    return [latchedCandidate(ref, title, status, latch)]
  if (state === 'clear') return []
  const found = candidate(ref, state, status.cause ?? status.findings[0], starved, title)
  return [{ ...found, forbids: forbids(status) }]
}

/** What fired and is not acknowledged forbids to go on, whatever the condition has come to since. */
function latchedCandidate(ref: string, title: string, status: StopStatus, latch: Latch): Candidate {
  const { reason, message, preexisting } = latch
  const when = preexisting ? 'fired before this rollout' : 'fired during this rollout'
  const now = status.state === 'clear' ? '' : `; now ${status.state}`
  const latched = `${title}: ${when} and is not acknowledged (${message})${now}`
  return {
    ref,
    state: 'latched',
    reason,
    message: latched,
    rank: rankOf['latched'] ?? 0,
    cause: ref,
    forbids: true,
  }
}

/** What is late is so for one reason, whatever it is late about. */
function causeOf(worst: Finding | undefined, starved: boolean): string | undefined {
  if (worst?.answer !== 'unknown') return undefined
  if (comesOfLateness(worst.unknownReason, starved)) return `evaluator/${STARVED}`
  return worst.target === undefined ? undefined : `blind:${worst.target}`
}

function candidate(
  ref: string,
  state: string,
  worst: Finding | undefined,
  starved: boolean,
  title?: string,
): Candidate {
  const reason = worst?.reason ?? 'unknown'
  const text = worst?.message ?? 'nothing is known'
  const cause = causeOf(worst, starved) ?? `${reason}:${worst?.key}`
  // A title says what is wrong, which is not known of what is unknown.
  const about = state === 'unknown' ? `cannot tell about "${title}"` : title
  const message = title === undefined ? text : `${about}: ${text}`
  // What is not configured waits for an operator, not for the platform: what is broken comes first.
  const rank = worst?.unknownReason === 'not_configured' ? UNCONFIGURED : (rankOf[state] ?? UNCONFIGURED)
  return { ref, state, reason, message, rank, cause, forbids: false }
}

const words: Readonly<Record<Verdict, string>> = { proceed: 'Proceed', hold: 'Hold', stop: 'Stop' }

function sentenceOf(conclusion: Conclusion, { gates, steadyRequired }: Judged): string {
  const required = gates.filter((gate) => gate.state !== 'skipped').length
  switch (conclusion.verdict) {
    case 'proceed':
      return `all ${required} required gates pass and no stop condition stands`
    case 'stop':
      return inShort(conclusion.because)
    case 'hold':
      if (conclusion.because !== undefined) return inShort(conclusion.because)
      if (required === 0) return 'every gate is switched off, so nothing is proven'
      return `${required} of ${required} required gates pass; it must stand for ${inWords(steadyRequired)} before the rollout may proceed`
  }
}

function inShort({ first, more }: Because): string {
  return `${first.message}${more > 0 ? ` (and ${more} more)` : ''}`
}
