import type { Account, Evidence, Sighting, LocatedBlindSpot } from './evidence.ts'
import type { Unavailable, UnknownReason } from './observation.ts'
import type { Labels, Signal, Unit } from './signal.ts'
import type { Life, Rollout } from './rollout.ts'
import type { Instant, Millis } from './time.ts'

/** What evidence says of one claim about one subject. `near` is within the limit, but a breach is not over there. */
export const answers = ['met', 'near', 'unmet', 'unknown'] as const
export type Answer = (typeof answers)[number]

export interface Quantity {
  readonly value: number
  readonly unit: Unit
}

/**
 * The limit beside the observed value, in the unit of that: it has none of its own, so that the two cannot differ.
 * `clear` is where a breach counts as over, when that is another value.
 */
export interface Threshold {
  readonly op: '<=' | '>=' | '=='
  readonly value: number
  readonly clear?: number
}

/** A value that is judged by what was added since its baseline, and what the baseline must become. */
export interface Tally {
  readonly key: string
  readonly value: number
  /** Events, which an acknowledgement or their window settles; what stands (a dead row) settles only by going away. */
  readonly settles: boolean
  /** Set when it counts from the start of who counts, and not from when it was first seen. */
  readonly fromStart?: true
  /** Set when the baseline has to move by itself: at first sight, or when the count started anew. */
  readonly baseline?: number
}

/** One subject's share in a condition: one replica, one group, one table. */
export interface Finding {
  /** Stable name of the subject within its condition; holds are kept per key. */
  readonly key: string
  readonly answer: Answer
  /** Short stable code, e.g. `revocation_snapshot_stale`. */
  readonly reason: string
  /** One sentence with the numbers in it. */
  readonly message: string
  readonly unknownReason?: UnknownReason
  readonly observed?: Quantity
  readonly threshold?: Threshold
  /** Id of the target that the finding is about, when it is about one. */
  readonly target?: string
  /**
   * Replaces the hold and the warm-up of the stop condition or check for this finding: 0 when there is nothing to wait
   * for, Infinity when another source says that the wait is over.
   */
  readonly hold?: Millis
  /**
   * Is only about whether something is missing beside what is seen. It stands behind findings about what is seen, and
   * where that is unknown a stop condition that is about proof does not take it for a breach.
   */
  readonly indirect?: true
  readonly tally?: Tally
  /**
   * Whether what is wrong came with the rollout under way, where that can be told for certain. Else the first look that
   * shows it decides.
   */
  readonly own?: boolean
  /** Makes good what was wrong before the rollout with this subject, and with those whose key begins with `key/`. */
  readonly makesGood?: true
}

/** What the daemon remembers and a condition may compare with. */
export interface Recollection {
  readonly now: Instant
  /** Whether a rollout is under way, and since when. */
  readonly rollout?: Pick<Rollout, 'id' | 'startedAt' | 'phase' | 'detectedBy' | 'expected'> | undefined
  /** The rollout under way, or the last one: what is there now is what it brought. */
  readonly latest?: (Life & Pick<Rollout, 'detectedBy'>) | undefined
  /** Up to where a value has been dealt with; undefined before first sight. */
  baseline(key: string): number | undefined
  /** The keys of all baselines that begin with `prefix`, sorted. */
  baselines(prefix: string): readonly string[]
}

/** A claim about the platform, judged from evidence alone. Checks and stop conditions may share one. */
export interface Condition {
  /** What holds when the condition is met, as a sentence. */
  readonly claims: string
  readonly signals: readonly Signal[]
  judge(evidence: Evidence, recollection: Recollection): readonly Finding[]
}

/** The limit of a level: breached above `trip`, over only at or below `clear`. */
export interface Level {
  readonly trip: number
  readonly clear: number
}

/** A finding for what could not be seen. */
export function unseen(blind: LocatedBlindSpot, key: string = keyOf(blind.labels, blind.target.id)): Finding {
  return unknown(key, blind, blind.target.id)
}

/** A finding that says why nothing can be said. */
export function unknown(key: string, unavailable: Unavailable, target?: string): Finding {
  const { unknownReason, reason, message } = unavailable
  return { key, answer: 'unknown', unknownReason, reason, message, ...(target !== undefined && { target }) }
}

/** Whether all that is unknown had no attempt yet. */
export function awaitsFirstLook(findings: readonly Finding[]): boolean {
  const unseen = findings.filter(({ answer }) => answer === 'unknown')
  return unseen.length > 0 && unseen.every(({ unknownReason }) => unknownReason === 'never_measured')
}

/** The finding of a condition whose source is not configured. */
export function notConfigured(message: string): Finding {
  return unknown('source', { unknownReason: 'not_configured', reason: 'not_configured', message })
}

const naming = [
  'component',
  'replica',
  'stream',
  'group',
  'outbox',
  'state',
  'kind',
  'version',
  'secret',
] as const

/** Names a subject by its labels: `gateway/gateway-1`, `caracal.audit.events/audit-ingestor`. */
export function keyOf(labels: Labels, fallback: string): string {
  const parts = naming.flatMap((name) => labels[name] ?? [])
  return parts.length === 0 ? fallback : parts.join('/')
}

export interface Claim {
  /** Code of a breach; a function where the target itself says why. */
  readonly reason: string | ((sighting: Sighting) => string)
  /**
   * Says what was seen, e.g. `snapshot of gateway/gateway-1 is 71 s old`.
   * @param observed what is judged: of a lifetime count, what was added to it
   */
  readonly describe: (sighting: Sighting, key: string, observed: Quantity) => string
}

/** What a claim makes of one value; the rest of a finding is the same for all claims. */
type Judged = Required<Pick<Finding, 'answer' | 'observed' | 'threshold'>> & Pick<Finding, 'tally'>

/** A finding for each reading, judged by its value and the name of its subject, and one for each blind spot. */
function findingsOf(
  account: Account,
  claim: Claim,
  judge: (value: number, subject: string) => Judged,
): readonly Finding[] {
  const seen = account.readings.map((sighting): Finding => {
    const { reading, target } = sighting
    const key = keyOf({ ...target.labels, ...reading.labels }, target.id)
    const judged = judge(reading.value, key)
    return {
      key,
      reason: judged.answer === 'unmet' ? reasonOf(claim, sighting) : 'ok',
      message: claim.describe(sighting, key, judged.observed),
      target: target.id,
      ...judged,
    }
  })
  return [...seen, ...account.unseen.map((blind) => unseen(blind))]
}

function reasonOf({ reason }: Claim, sighting: Sighting): string {
  return typeof reason === 'string' ? reason : reason(sighting)
}

/** Every reading of `signal` is at most the level's trip value; blind spots are unknown. Breached means `>`. */
export function atMost(
  account: Account,
  { unit }: Signal,
  { trip, clear }: Level,
  claim: Claim,
): readonly Finding[] {
  return findingsOf(account, claim, (value) => ({
    answer: value > trip ? 'unmet' : value > clear ? 'near' : 'met',
    observed: { value, unit },
    threshold: { op: '<=', value: trip, clear },
  }))
}

/** Every reading of the 0/1 `signal` is 1; blind spots are unknown. */
export function isTrue(account: Account, { unit }: Signal, claim: Claim): readonly Finding[] {
  return findingsOf(account, claim, (value) => ({
    answer: value === 1 ? 'met' : 'unmet',
    observed: { value, unit },
    threshold: { op: '==', value: 1 },
  }))
}

/** Whether a count that is seen for the first time starts from its value, or from zero because any of it is news. */
export type CountsFrom = 'first-sight' | 'zero'
const sinceOf = { 'first-sight': {}, zero: { fromStart: true } } as const

/**
 * Nothing was added to the lifetime count `signal` beyond its baseline. A count below its baseline started anew, so all
 * that it shows was added since.
 */
export function noneAdded(
  account: Account,
  { name, unit }: Signal,
  from: CountsFrom,
  recollection: Recollection,
  claim: Claim,
): readonly Finding[] {
  return findingsOf(account, claim, (value, subject) => {
    const key = `${name}{${subject}}`
    const known = recollection.baseline(key)
    const baseline = known === undefined ? (from === 'zero' ? 0 : value) : value < known ? 0 : known
    const added = value - baseline
    return {
      answer: added > 0 ? 'unmet' : 'met',
      observed: { value: added, unit },
      threshold: { op: '<=', value: 0 },
      tally: { key, value, settles: true, ...sinceOf[from], ...(baseline !== known && { baseline }) },
    }
  })
}

/** The gauge `signal` is not above what it was when first seen; the baseline follows it down, never up. */
export function notAboveBaseline(
  account: Account,
  { name, unit }: Signal,
  recollection: Recollection,
  claim: Claim,
): readonly Finding[] {
  return findingsOf(account, claim, (value, subject) => {
    const key = `${name}{${subject}}`
    const known = recollection.baseline(key)
    const limit = known ?? value
    const baseline = Math.min(limit, value)
    return {
      answer: value > limit ? 'unmet' : 'met',
      observed: { value, unit },
      threshold: { op: '<=', value: limit },
      tally: { key, value, settles: false, ...(baseline !== known && { baseline }) },
    }
  })
}
