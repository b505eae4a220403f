import { PUSHED_EVIDENCE, type Observation, type Target } from './observation.ts'
import type { Life } from './rollout.ts'
import type { Labels } from './signal.ts'
import type { Snapshot } from './snapshot.ts'
import type { Instant } from './time.ts'

/** What a canary tries through a replica, in its order. */
export const canarySteps = [
  'exchange-allowed',
  'exchange-denied',
  'call-allowed',
  'call-denied',
  'audit',
  'revocation',
] as const
export type CanaryStep = (typeof canarySteps)[number]

/** The services through whose replicas a canary goes. */
export const canaryComponents = ['sts', 'gateway', 'audit'] as const

/** What one piece of evidence that a pipeline pushed is about, as it stands in the labels of its target. */
export interface Piece {
  readonly check: string
  readonly outcome: 'pass' | 'fail'
  /** When it was found out, as the pipeline said; epoch milliseconds. */
  readonly issued: Instant
  /** From when on it counts, by our clock: never later than its arrival, and a `fail` counts from its arrival on. */
  readonly since: Instant
  /** Digest of the manifest that it is about. */
  readonly digest?: string
  /** Id of the rollout that it is about; absent where none was named and none was under way. */
  readonly rollout?: string
  /** Start of the one life of that rollout that it is about; absent while that has not begun. */
  readonly life?: Instant
}

/** The target under which a piece is kept. What replaces it, and nothing else, has the same id. */
export function targetOf(piece: Piece): Target {
  const { check, outcome, issued, since, digest, rollout, life } = piece
  const about = rollout === undefined ? [] : [`${rollout}@${life ?? 'waiting'}`]
  return {
    id: [check, outcome, ...about, ...(digest === undefined ? [] : [digest])].join(' '),
    labels: {
      check,
      outcome,
      issued: String(issued),
      since: String(since),
      ...(digest !== undefined && { digest }),
      ...(rollout !== undefined && { rollout }),
      ...(life !== undefined && { life: String(life) }),
    },
  }
}

/** Reads back what `targetOf` wrote; undefined for labels that are not of its form. */
export function pieceOf({ labels }: Target): Piece | undefined {
  const { check, outcome, digest, rollout } = labels
  const [issued, since, life] = [
    instantOf(labels, 'issued'),
    instantOf(labels, 'since'),
    instantOf(labels, 'life'),
  ]
  if (check === undefined || (outcome !== 'pass' && outcome !== 'fail')) return undefined
  if (issued === undefined || since === undefined) return undefined
  return {
    check,
    outcome,
    issued,
    since,
    ...(digest !== undefined && { digest }),
    ...(rollout !== undefined && { rollout }),
    ...(life !== undefined && { life }),
  }
}

function instantOf(labels: Labels, name: string): Instant | undefined {
  const text = labels[name]
  return text !== undefined && /^-?\d{1,16}(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** Whether a piece is about this life of this rollout, and about no other. */
export function isOfLife({ rollout, life }: Piece, { id, startedAt }: Life): boolean {
  return rollout === id && life === startedAt
}

/** Newest first; of two of one instant the one that says fail. */
export function byNewest(a: Piece, b: Piece): number {
  if (a.since !== b.since) return b.since - a.since
  return a.outcome === b.outcome ? 0 : a.outcome === 'fail' ? -1 : 1
}

/** All pieces that are held, whatever they are about. */
export function heldEvidence({ beliefs }: Pick<Snapshot, 'beliefs'>): readonly Observation[] {
  return [...(beliefs.get(PUSHED_EVIDENCE)?.targets.values() ?? [])].flatMap(({ last }) => last ?? [])
}

/**
 * The targets of the pieces that the findings of checks rest on, at most one for each check: the others wait for another
 * rollout, or are over.
 */
export function evidenceInForce({ checks }: Pick<Snapshot, 'checks'>): ReadonlySet<string> {
  return new Set(
    [...checks.values()].flatMap(({ findings }) =>
      findings.flatMap(({ target, evidence }) => evidence ?? target ?? []),
    ),
  )
}
