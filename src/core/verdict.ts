import type { Finding } from './finding.ts'
import type { CheckStatus, GateStatus } from './gate.ts'
import { forbids, type StopStatus } from './stop.ts'
import { inWords, type Instant, type Millis } from './time.ts'

export const verdicts = ['proceed', 'hold', 'stop'] as const
export type Verdict = (typeof verdicts)[number]

/** Something that keeps the verdict from `proceed`, root causes first. */
export interface Blocker {
  /** Path of the thing in the document: `stop-conditions/x` or `gates/x/checks/y`. */
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
  readonly summary: string
  readonly blocking: readonly Blocker[]
  /** Since when everything required has been proven without a break; absent while something is not. */
  readonly provenSince?: Instant
  readonly steadyRequired: Millis
}

export interface Judged {
  readonly now: Instant
  readonly gap: boolean
  readonly gates: readonly GateStatus[]
  /** Checks with the gate that asks them; those of skipped gates are left out. */
  readonly checks: readonly { readonly gate: string; readonly status: CheckStatus }[]
  readonly stops: readonly { readonly title: string; readonly status: StopStatus }[]
  readonly steadyRequired: Millis
  /** Why the daemon itself may not say proceed, by id: its memory of this rollout is lost, for one. */
  readonly impediments: ReadonlyMap<string, string>
}

/** Concludes from gates and stop conditions whether the rollout may proceed. */
export function conclude(previous: VerdictStatus | undefined, judged: Judged): VerdictStatus {
  const { now, gap, gates, stops, steadyRequired } = judged
  const proven = judged.impediments.size === 0 && allProven(gates, stops)
  const provenSince = !proven ? undefined : gap ? now : (previous?.provenSince ?? now)
  const steady = provenSince !== undefined && now - provenSince >= steadyRequired
  const verdict = stops.some(({ status }) => forbids(status)) ? 'stop' : steady ? 'proceed' : 'hold'
  const blocking = blockers(judged)
  return {
    verdict,
    since: previous?.verdict === verdict ? previous.since : now,
    summary: summarise(verdict, judged, blocking),
    blocking,
    steadyRequired,
    ...(provenSince !== undefined && { provenSince }),
  }
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

interface Candidate extends Omit<Blocker, 'rootCause'> {
  readonly rank: number
  /** Things with the same cause are one fault. */
  readonly cause: string
}

const rankOf: Record<string, number> = { firing: 0, latched: 1, fail: 2, unknown: 3, pending: 4 }

const UNCONFIGURED = 5

function blockers({ checks, stops, impediments }: Judged): readonly Blocker[] {
  const own = [...impediments].map(([id, message]): Candidate => {
    const ref = `evaluator/${id}`
    return { ref, state: 'unknown', reason: id, message, rank: 0, cause: ref }
  })
  const ofStops = stops.flatMap(({ title, status }) => stopCandidate(title, status))
  const ofChecks = checks
    .filter(({ status }) => status.state !== 'pass' && status.state !== 'skipped')
    .map(({ gate, status }) =>
      candidate(`gates/${gate}/checks/${status.id}`, status.state, status.findings[0]),
    )
  const ranked = [...own, ...ofStops, ...ofChecks].toSorted((a, b) => a.rank - b.rank)
  const causes = new Set<string>()
  const blind = new Set(ranked.map((item) => item.cause).filter((cause) => cause.startsWith('blind:')))
  const judged = ranked.map(({ rank: _, cause, ...item }): Blocker => {
    const outage = consequences[item.reason]
    const explained = causes.has(cause) || (outage !== undefined && blind.has(outage))
    causes.add(cause)
    return { ...item, rootCause: !explained }
  })
  return [...judged.filter((item) => item.rootCause), ...judged.filter((item) => !item.rootCause)]
}

/** A service's own word for the loss of a dependency that we cannot see either is a consequence of that loss. */
const consequences: Readonly<Record<string, string>> = {
  redis_unreachable: 'blind:redis',
  redis_unavailable: 'blind:redis',
  postgres_unreachable: 'blind:postgres',
  outbox_unreachable: 'blind:postgres',
}

function stopCandidate(title: string, status: StopStatus): Candidate[] {
  const ref = `stop-conditions/${status.id}`
  if (status.state === 'clear' || status.state === 'skipped') {
    if (!forbids(status) || status.latch === undefined) return []
    const { reason, message, preexisting } = status.latch
    const when = preexisting ? 'fired before this rollout' : 'fired during this rollout'
    const latched = `${title}: ${when} and is not acknowledged (${message})`
    return [{ ref, state: 'latched', reason, message: latched, rank: rankOf['latched'] ?? 0, cause: ref }]
  }
  return [candidate(ref, status.state, status.cause ?? status.findings[0], title)]
}

function candidate(ref: string, state: string, worst: Finding | undefined, title?: string): Candidate {
  const reason = worst?.reason ?? 'unknown'
  const text = worst?.message ?? 'nothing is known'
  const cause =
    worst?.answer === 'unknown' && worst.target !== undefined
      ? `blind:${worst.target}`
      : `${reason}:${worst?.key}`
  // A title says what is wrong, and of what is unknown nobody may say that.
  const about = state === 'unknown' ? `cannot tell about "${title}"` : title
  const message = title === undefined ? text : `${about}: ${text}`
  // What nobody configured waits for a person, not for the platform: what is broken comes first.
  const rank = worst?.unknownReason === 'not_configured' ? UNCONFIGURED : (rankOf[state] ?? UNCONFIGURED)
  return { ref, state, reason, message, rank, cause }
}

function summarise(verdict: Verdict, judged: Judged, blocking: readonly Blocker[]): string {
  const required = judged.gates.filter((gate) => gate.state !== 'skipped')
  const passing = required.filter((gate) => gate.state === 'pass').length
  if (verdict === 'proceed')
    return `Proceed: all ${required.length} required gates pass and no stop condition stands`
  const decisive =
    verdict === 'stop'
      ? blocking.filter((item) => item.state === 'firing' || item.state === 'latched')
      : blocking.filter((item) => item.rootCause)
  const word = verdict === 'stop' ? 'Stop' : 'Hold'
  const [first, ...rest] = decisive
  if (first !== undefined)
    return `${word}: ${first.message}${rest.length > 0 ? ` (and ${rest.length} more)` : ''}`
  if (required.length === 0) return 'Hold: every gate is switched off, so nothing is proven'
  const steady = `must stand for ${inWords(judged.steadyRequired)}`
  return `Hold: ${passing} of ${required.length} required gates pass; it ${steady} before the rollout may proceed`
}
