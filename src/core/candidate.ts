import type { CauseGraph, Struck, Symptom } from './cause.ts'
import type { Finding } from './finding.ts'
import type { CheckStatus, GateStatus } from './gate.ts'
import type { Latch } from './latch.ts'
import type { Rollout, UnprovenEnd } from './rollout.ts'
import { forbids, type StopStatus } from './stop.ts'
import type { Instant } from './time.ts'

/** What is judged to find what blocks. */
export interface Judged {
  readonly gates: readonly GateStatus[]
  /** Checks with the gate that asks them; those of skipped gates are left out. */
  readonly checks: readonly { readonly gate: string; readonly status: CheckStatus }[]
  readonly stops: readonly { readonly title: string; readonly status: StopStatus }[]
  /** Why the daemon itself may not say proceed, by id: its memory of this rollout is lost, for one. */
  readonly impediments: ReadonlyMap<string, string>
  /** The rollout under way, or the last one. */
  readonly rollout?: Pick<Rollout, 'id' | 'phase'>
  readonly graph: CauseGraph
}

/** Something that blocks by itself, before it is asked what explains it. */
export interface Candidate extends Struck {
  readonly state: string
  readonly rank: number
  readonly forbids: boolean
  readonly title?: string
  /** Of the whole, where no symptom has a time of its own. */
  readonly since?: Instant
  /** Kinds of symptoms that this explains wherever they appear. */
  readonly claims: readonly string[]
  /** What it says when this symptom is the first that nothing else explains. */
  readonly told: (first: Symptom | undefined) => Told
}

interface Told {
  readonly reason: string
  readonly message: string
  readonly finding?: Finding
}

/** Path of the rollout in the document. */
const ROLLOUT_REF = 'rollout'

/** What is over and only waits for its time or its acknowledgement comes after what is so now. */
const rankOf: Readonly<Record<string, number>> = {
  firing: 0,
  over: 1,
  latched: 1,
  fail: 2,
  unknown: 3,
  pending: 4,
}
const UNCONFIGURED = 5

/** All that blocks, in the order of the tables. */
export function candidatesOf({ gates, checks, stops, impediments, rollout }: Judged): readonly Candidate[] {
  const empty = gates.filter(
    ({ id, state }) =>
      state === 'unknown' && !checks.some(({ gate, status }) => gate === id && status.state === 'unknown'),
  )
  return [
    ...[...impediments].map(([id, message]) => plain(`evaluator/${id}`, 'unknown', id, message)),
    ...failure(rollout),
    ...stops.flatMap(({ title, status }) => stopCandidate(title, status)),
    ...checks
      .filter(({ status }) => status.state !== 'pass' && status.state !== 'skipped')
      .map(({ gate, status }) => candidate(`gates/${gate}/checks/${status.id}`, status.state, status)),
    ...empty.map((gate) =>
      emptyGate(
        gate.id,
        checks.some((check) => check.gate === gate.id && check.status.waived !== undefined),
      ),
    ),
  ]
}

/** What has no finding: it says one thing. */
function plain(ref: string, state: string, reason: string, message: string): Candidate {
  const own = { ref, id: ref, symptoms: [], isPartly: false, claims: [ref] }
  return { ...own, state, told: () => ({ reason, message }), rank: 0, forbids: false }
}

function failure(rollout: Judged['rollout']): readonly Candidate[] {
  if (rollout?.phase !== 'failed') return []
  const message = `rollout ${rollout.id} ended as failed; the next rollout that begins is judged anew`
  const reason: UnprovenEnd = 'rollout_failed'
  return [plain(ROLLOUT_REF, 'fail', reason, message)]
}

/** A gate that is asked for and asks nothing: every check of it is switched off, or waived. */
function emptyGate(id: string, isWaived: boolean): Candidate {
  const message = `no check of the gate ${id} is ${isWaived ? 'enforced' : 'switched on'}, so nothing proves it`
  return { ...plain(`gates/${id}`, 'unknown', 'no_check', message), rank: UNCONFIGURED }
}

function stopCandidate(title: string, status: StopStatus): readonly Candidate[] {
  const { state, latch, id } = status
  if (state === 'skipped') return []
  const ref = `stop-conditions/${id}`
  if (state !== 'firing' && latch !== undefined && forbids(status))
    return [latched(ref, title, status, latch)]
  return state === 'clear'
    ? []
    : [{ ...candidate(ref, state, status, status.cause, title), forbids: forbids(status) }]
}

/** What fired and is not acknowledged forbids to go on, whatever the condition has come to since. */
function latched(ref: string, title: string, { state }: StopStatus, latch: Latch): Candidate {
  const { reason, message, preexisting, at } = latch
  const when = preexisting ? 'fired before this rollout' : 'fired during this rollout'
  const now = state === 'clear' ? '' : `; now ${state}`
  const text = `${title}: ${when} and is not acknowledged (${message})${now}`
  return {
    ...plain(ref, 'latched', reason, text),
    title,
    since: at,
    rank: rankOf['latched'] ?? 0,
    forbids: true,
  }
}

type Status = Pick<CheckStatus, 'id' | 'findings' | 'streaks' | 'since'> & Pick<StopStatus, 'over' | 'breach'>

function candidate(
  ref: string,
  state: string,
  status: Status,
  worst: Finding | undefined = status.findings[0],
  title?: string,
): Candidate {
  // What is not configured waits for an operator, not for the platform: what is broken comes first.
  const isUnconfigured = worst?.unknownReason === 'not_configured'
  const rank = rankOf[status.over === undefined ? state : 'over'] ?? UNCONFIGURED
  // A title says what is wrong, which is not known of what is unknown.
  const about = state === 'unknown' ? `cannot tell about "${title}"` : title
  return {
    ref,
    id: status.id,
    state,
    since: status.since,
    symptoms: symptomsOf(status, worst),
    isPartly: status.findings.some(({ answer }) => answer === 'met'),
    claims: [],
    rank: isUnconfigured ? UNCONFIGURED : rank,
    forbids: false,
    told(first) {
      // Of a breach that can't be seen now the worst finding tells, with what is so now.
      const finding = first === undefined || first.finding === status.breach ? worst : first.finding
      const text = finding?.message ?? 'nothing is known'
      return {
        reason: finding?.reason ?? 'unknown',
        message: title === undefined ? text : `${about}: ${text}`,
        ...(finding !== undefined && { finding }),
      }
    },
    ...(title !== undefined && { title }),
  }
}

/**
 * What is wrong, the worst first. That something is missing beside it says nothing more. A breach that was seen and can't be
 * seen now is still there: what hides it does not explain it.
 */
function symptomsOf(
  { id, findings, streaks, breach, over }: Status,
  worst: Finding | undefined,
): readonly Symptom[] {
  const wrong = findings.filter(({ answer }) => answer === 'unmet' || answer === 'unknown')
  const direct = wrong.filter(({ indirect }) => indirect !== true)
  const first = worst === undefined || (worst.indirect === true && direct.length > 0) ? [] : [worst]
  const isHidden = breach !== undefined && over === undefined && worst?.answer === 'unknown'
  const hidden = isHidden && breach.answer !== 'unknown' ? [breach] : []
  return [...new Set([...first, ...hidden, ...direct])].map((finding) => {
    const streak = streaks.get(finding.key)
    const since = streak?.breachedSince ?? streak?.since
    return { id, finding, ...(since !== undefined && { since }) }
  })
}
