import { evidenceOf, type Providers } from '../core/evidence.ts'
import { byText } from '../core/lists.ts'
import type { Observation } from '../core/observation.ts'
import { evidenceInForce, heldEvidence, isOfLife, pieceOf } from '../core/pushed.ts'
import { isActive, type Life, type Rollout } from '../core/rollout.ts'
import type { Labels } from '../core/signal.ts'
import type { Judge, Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import type { Instant } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import { canonical, sha256 } from '../proof/digest.ts'
import { workloadContainer } from '../rules/signals.ts'
import type { Ledger } from './ledger.ts'
import { notEnforcedAfter, unitedNotEnforced, type NotEnforced } from './not-enforced.ts'

/** A change of the verdict in a rollout. */
export interface Turn {
  readonly at: Instant
  readonly verdict: Verdict
  readonly because: string
  /** What blocked `proceed`: the first root causes. */
  readonly refs: readonly string[]
}

/** The verdicts of a rollout, oldest first. */
export interface Course {
  readonly turns: readonly Turn[]
  /** The first ones are missing. */
  readonly cut: boolean
  /** What did not count in it; absent where that is not known from its beginning on. */
  readonly notEnforced?: readonly NotEnforced[]
}

/** What ran in containers of one component, of one image. */
export interface Running {
  readonly component: string
  readonly container: string
  readonly role: string
  readonly image: string
  readonly digest?: string
  readonly digestOf?: string
  readonly revision: string
  readonly runs: boolean
  readonly replicas: readonly string[]
}

/** A piece of evidence that counted in a rollout. */
export interface ProvenBy {
  readonly check: string
  readonly outcome: string
  readonly issued: Instant
  readonly expires: Instant
  readonly digest?: string
  /** The observation as canonical JSON; absent where it is too long to be kept. */
  readonly content?: string
  readonly sha256: string
}

/** What was so when a rollout ended, for an export of it. */
export interface Proof {
  readonly course: Course
  readonly running: readonly Running[]
  /** Some of what ran was not seen, or was too much to be kept. */
  readonly runningCut: boolean
  readonly evidence: readonly ProvenBy[]
  /** Lines of the ledger between those of the rollout, which are about another one or about none. */
  readonly between: Ledger
  readonly judge?: Judge
}

/** What of a proof there is to see now; without providers nothing that runs is seen. */
export interface Sight {
  readonly providers?: Providers
  readonly judge?: Judge
}

const MOST = { turns: 100, refs: 10, replicas: 500, pieces: 24, content: 4_000 }

/** The verdicts of the rollout under way, and what did not count, after one more step; undefined when none is. */
export function courseAfter(held: Course | undefined, before: Snapshot, after: Snapshot): Course | undefined {
  if (!isActive(after.rollout)) return undefined
  const isNew = !isActive(before.rollout) || before.rollout.id !== after.rollout.id
  const course: Course = isNew
    ? { turns: [], cut: false, notEnforced: [] }
    : (held ?? { turns: [], cut: true })
  const last = course.turns.at(-1)
  const { verdict, because, blocking } = after.verdict
  const notEnforced = notEnforcedAfter(course.notEnforced, after, after.rollout)
  const isAsBefore = last?.verdict === verdict
  if (isAsBefore && notEnforced === course.notEnforced) return course
  if (isAsBefore) return bounded(course.turns, course.cut, notEnforced)
  const refs = blocking.filter(({ rootCause }) => rootCause).map(({ ref }) => ref)
  const turn = { at: after.at, verdict, because: plain(because), refs: refs.slice(0, MOST.refs) }
  return bounded([...course.turns, turn], course.cut, notEnforced)
}

function bounded(turns: readonly Turn[], cut: boolean, notEnforced: Course['notEnforced']): Course {
  return {
    turns: turns.slice(-MOST.turns),
    cut: cut || turns.length > MOST.turns,
    ...(notEnforced !== undefined && { notEnforced }),
  }
}

/** What proves a rollout as it is now, and with it the lines of the ledger between its own. */
export function proofOf(
  rollout: Rollout,
  snapshot: Snapshot,
  ledger: Ledger,
  course: Course,
  sight: Sight,
): Proof {
  const { running, isCut } = runningIn(snapshot, sight.providers)
  const own = ofLife(ledger, rollout)
  const [first, last] = [own[0]?.sequence ?? Infinity, own.at(-1)?.sequence ?? 0]
  return {
    course,
    running,
    runningCut: isCut,
    evidence: evidenceIn(rollout, snapshot),
    between: ledger.filter(
      (entry) => entry.rollout !== rollout.id && entry.sequence > first && entry.sequence < last,
    ),
    ...(sight.judge !== undefined && { judge: sight.judge }),
  }
}

/** The lines of a rollout from its begin on: an earlier one of its id has others, and so has evidence that waited for it. */
export function ofLife(ledger: Ledger, { id, startedAt }: Life): Ledger {
  const own = ledger.filter((entry) => entry.rollout === id)
  const begin = own.findLastIndex(({ kind, at }) => kind === 'rollout-begun' && at <= startedAt)
  return begin < 0 ? own : own.slice(begin)
}

/** What every container was last seen to run, alike ones together. */
function runningIn({ beliefs, at }: Snapshot, providers: Providers | undefined) {
  if (providers === undefined) return { running: [], isCut: true }
  const { readings, unseen } = evidenceOf(beliefs, providers, at).of(workloadContainer)
  const kept = readings.slice(0, MOST.replicas)
  const groups = new Map<string, { readonly of: Omit<Running, 'replicas'>; readonly replicas: string[] }>()
  for (const { reading } of kept) {
    const of = containerOf(reading.labels, reading.value === 1)
    const group = groups.get(canonical(of)) ?? { of, replicas: [] }
    group.replicas.push(reading.labels['replica'] ?? '')
    groups.set(canonical(of), group)
  }
  const running = [...groups]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, { of, replicas }]): Running => ({ ...of, replicas: replicas.toSorted(byText) }))
  return { running, isCut: unseen.length > 0 || kept.length < readings.length || readings.length === 0 }
}

function containerOf(labels: Labels, runs: boolean): Omit<Running, 'replicas'> {
  const { component = '', part = '', role = '', revision = '', image: name = '', tag = '' } = labels
  const { reported = '', reported_as: digestOf = '' } = labels
  return {
    component,
    container: part,
    role,
    image: tag === '' ? name : `${name}:${tag}`,
    ...(reported !== '' && { digest: reported, digestOf }),
    revision,
    runs,
  }
}

/** The pieces that are about this life of the rollout, and those that its checks rest on. */
function evidenceIn(rollout: Rollout, snapshot: Snapshot): readonly ProvenBy[] {
  const inForce = evidenceInForce(snapshot)
  return heldEvidence(snapshot)
    .flatMap((one): ProvenBy[] => {
      const piece = pieceOf(one.target)
      if (piece === undefined || !(isOfLife(piece, rollout) || inForce.has(one.target.id))) return []
      return [provenBy(one, piece)]
    })
    .toSorted((a, b) => b.issued - a.issued || byText(a.sha256, b.sha256))
    .slice(0, MOST.pieces)
}

function provenBy(one: Observation, piece: NonNullable<ReturnType<typeof pieceOf>>): ProvenBy {
  const content = canonical(one)
  return {
    check: piece.check,
    outcome: piece.outcome,
    issued: piece.issued,
    expires: one.at + one.validFor,
    ...(piece.digest !== undefined && { digest: piece.digest }),
    ...(content.length <= MOST.content && { content }),
    sha256: sha256(content),
  }
}

/** What two replicas of the daemon know of one rollout that is under way. Both see the same changes, so one is kept of each. */
export function unitedCourse(a: Course | undefined, b: Course | undefined): Course | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const all = [...a.turns, ...b.turns].toSorted(
    (one, two) => one.at - two.at || byText(canonical(one), canonical(two)),
  )
  const turns = all.filter((turn, n) => n === 0 || all[n - 1]?.verdict !== turn.verdict)
  // One that began later has seen less, and is no loss where the other saw it.
  const cut = a.cut && b.cut
  return bounded(turns, cut, unitedNotEnforced(a.notEnforced, b.notEnforced))
}

/** What two replicas of the daemon know of one rollout that has ended. */
export function unitedProof(a: Proof | undefined, b: Proof | undefined): Proof | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [first, second] = canonical(a) <= canonical(b) ? [a, b] : [b, a]
  const base = first.runningCut && !second.runningCut ? second : first
  const evidence = new Map([...b.evidence, ...a.evidence].map((one) => [one.sha256, one]))
  const between = new Map([...second.between, ...first.between].map((entry) => [entry.hash, entry]))
  return {
    ...base,
    course: unitedCourse(a.course, b.course) ?? base.course,
    evidence: [...evidence.values()]
      .toSorted((one, two) => two.issued - one.issued || byText(one.sha256, two.sha256))
      .slice(0, MOST.pieces),
    between: [...between.values()].toSorted(
      (one, two) => one.sequence - two.sequence || byText(one.hash, two.hash),
    ),
  }
}
