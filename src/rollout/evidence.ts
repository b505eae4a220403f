import { PUSHED_EVIDENCE, type Observation } from '../core/observation.ts'
import { byNewest, heldEvidence, isOfLife, pieceOf, targetOf, type Piece } from '../core/pushed.ts'
import { isActive, type Life, type Rollout } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { SKEW, type Instant } from '../core/time.ts'

/** Pieces that are kept of one check. A pipeline pushes one for each rollout; this leaves room for fifteen more. */
const KEPT = 16

/** The same of what names replicas, which is long: the newest decides, whatever became of the one before it. */
const KEPT_OF_REPLICAS = 2

/** Which rollouts there are for evidence to be about. */
export interface Rollouts {
  readonly rollout?: Rollout
  readonly begun: readonly Life[]
}

/** A snapshot that holds these pieces of evidence, and no others. */
export function withEvidence(snapshot: Snapshot, pieces: readonly Observation[]): Snapshot {
  const { at, beliefs } = snapshot
  const targets = new Map(
    pieces.map((last) => [last.target.id, { target: last.target, last, lastSuccessAt: last.at }] as const),
  )
  return { ...snapshot, beliefs: new Map(beliefs).set(PUSHED_EVIDENCE, { at, targets }) }
}

/** Takes one more piece in; what it replaces goes, and so do the oldest where there are too many. */
export function takeEvidence(snapshot: Snapshot, piece: Observation): Snapshot {
  return withEvidence(snapshot, kept([...heldEvidence(snapshot), piece], snapshot))
}

/** The evidence as it is when a rollout has begun: what waited for it is about this life of it from now on. */
export function claimed(snapshot: Snapshot): Snapshot {
  const held = heldEvidence(snapshot)
  return held.length === 0 ? snapshot : withEvidence(snapshot, kept(held, snapshot))
}

/**
 * Without what comes from the future, as it is when a clock that was ahead is set right: a pass is dropped, and what
 * says fail is taken as of now. Gives the same snapshot when there is nothing of the kind.
 */
export function ofItsTime(snapshot: Snapshot, now: Instant): Snapshot {
  const held = heldEvidence(snapshot)
  if (held.every(({ at }) => at - now <= SKEW)) return snapshot
  const timely = held.flatMap((one): Observation[] => {
    if (one.at - now <= SKEW) return [one]
    const piece = pieceOf(one.target)
    return piece?.outcome === 'fail' ? [{ ...one, at: now, target: targetOf({ ...piece, since: now }) }] : []
  })
  return withEvidence(snapshot, timely)
}

/** What two replicas of the daemon hold together: of two pieces about the same the newer. */
export function mergeEvidence(
  ours: readonly Observation[],
  theirs: readonly Observation[],
  rollouts: Rollouts,
  /** Starts of one rollout that the replicas noticed at different instants. */
  starts: readonly Instant[],
): readonly Observation[] {
  const { rollout } = rollouts
  const united = [...theirs, ...ours].map((one) => {
    const piece = pieceOf(one.target)
    if (rollout === undefined || piece?.life === undefined) return one
    if (piece.rollout !== rollout.id || !starts.includes(piece.life)) return one
    return { ...one, target: targetOf({ ...piece, life: rollout.startedAt }) }
  })
  return kept(united, rollouts)
}

/** Each piece about what it is about, the newest of each, and no more than are kept; in a stable order. */
function kept(pieces: readonly Observation[], rollouts: Rollouts): readonly Observation[] {
  const newest = new Map<string, Held>()
  for (const last of pieces) {
    const found = pieceOf(last.target)
    if (found === undefined) continue
    const piece = settled(found, rollouts)
    const one = { piece, last: piece === found ? last : { ...last, target: targetOf(piece) } }
    const known = newest.get(one.last.target.id)
    if (known === undefined || supersedes(one.last, known.last)) newest.set(one.last.target.id, one)
  }
  const byCheck = Map.groupBy(newest.values(), ({ piece }) => piece.check)
  return [...byCheck.values()]
    .flatMap((held) => mostUseful(held, rollouts))
    .map(({ last }) => last)
    .toSorted((a, b) => (a.target.id < b.target.id ? -1 : 1))
}

interface Held {
  readonly piece: Piece
  readonly last: Observation
}

/**
 * The pieces that stay where there are too many: what is about the latest rollout, or about the same manifest as that,
 * then what may still count, each the newest first. So nothing older comes back by the loss of what says fail.
 */
function mostUseful(held: readonly Held[], { rollout }: Rollouts): readonly Held[] {
  const isCurrent = ({ piece }: Held): boolean =>
    piece.rollout === undefined || (rollout !== undefined && isOfLife(piece, rollout))
  const digests = new Set(held.filter(isCurrent).flatMap(({ piece }) => piece.digest ?? []))
  const rank = (one: Held): number => {
    const { digest, life } = one.piece
    if (isCurrent(one) || (digest !== undefined && digests.has(digest))) return 0
    return digest !== undefined || life === undefined ? 1 : 2
  }
  const ranked = held.toSorted(
    (a, b) =>
      rank(a) - rank(b) || byNewest(a.piece, b.piece) || (a.last.target.id < b.last.target.id ? -1 : 1),
  )
  const long = new Set(ranked.filter(namesReplicas).slice(KEPT_OF_REPLICAS))
  return ranked.filter((one) => !long.has(one)).slice(0, KEPT)
}

function namesReplicas({ last: { outcome } }: Held): boolean {
  return outcome.ok && outcome.readings.length + outcome.blindSpots.length > 1
}

/**
 * A piece about one life of one rollout, as soon as there is one: of the rollout that it names; where it names none, of
 * the one under way or, when it was pushed between two, of the next that began.
 */
function settled(piece: Piece, { rollout, begun }: Rollouts): Piece {
  if (piece.life !== undefined) return piece
  if (piece.rollout !== undefined) {
    const life = begun.find(({ id }) => id === piece.rollout)
    return life === undefined ? piece : { ...piece, life: life.startedAt }
  }
  const next = begun.find(({ startedAt }) => startedAt >= piece.since)
  const owner = next ?? (piece.since < endOf(rollout) ? rollout : undefined)
  return owner === undefined ? piece : { ...piece, rollout: owner.id, life: owner.startedAt }
}

function endOf(rollout: Rollout | undefined): Instant {
  const { finishedAt = -Infinity } = rollout ?? {}
  return isActive(rollout) ? Infinity : finishedAt
}

/** The newer one; of two of one instant the one that may be believed for a shorter time, so that order decides nothing. */
function supersedes(candidate: Observation, held: Observation): boolean {
  if (candidate.at !== held.at) return candidate.at > held.at
  if (candidate.validFor !== held.validFor) return candidate.validFor < held.validFor
  return JSON.stringify(candidate) > JSON.stringify(held)
}
