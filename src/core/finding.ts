import type { Evidence, LocatedBlindSpot } from './evidence.ts'
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
  /** Id of the target of the pushed evidence that it rests on, where `target` is another. */
  readonly evidence?: string
  /**
   * Replaces the hold and the warm-up of the stop condition or check for this finding: 0 when there is nothing to wait
   * for, Infinity when another source says that the wait is over.
   */
  readonly hold?: Millis
  /**
   * How long a check waits at least before it fails by this finding, beside its warm-up: another source may still say that
   * nothing is wrong. No stop condition asks for it.
   */
  readonly failAfter?: Millis
  /**
   * Is only about whether something is missing beside what is seen. It stands behind findings about what is seen, and
   * where that is unknown a stop condition that is about proof does not take it for a breach.
   */
  readonly indirect?: true
  /** Is about whether a process lives at all, which no dependency of it explains. */
  readonly life?: true
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
  'server',
  'step',
] as const

/** Names a subject by its labels: `gateway/gateway-1`, `caracal.audit.events/audit-ingestor`. */
export function keyOf(labels: Labels, fallback: string): string {
  const parts = naming.flatMap((name) => labels[name] ?? [])
  return parts.length === 0 ? fallback : parts.join('/')
}
