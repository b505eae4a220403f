import type { Evidence, Sighting, LocatedBlindSpot } from '../core/evidence.ts'
import { isTrue } from '../core/claim.ts'
import {
  notConfigured,
  unknown,
  unseen,
  type Condition,
  type Finding,
  type Recollection,
} from '../core/finding.ts'
import { byNewest, isOfLife, pieceOf, type Piece } from '../core/pushed.ts'
import { pushedEvidence } from './signals.ts'

/** A claim whose proof comes from a source that this installation does not have. It never passes by itself. */
export function provenElsewhere(claims: string, missing: string): Condition {
  const findings = [notConfigured(missing)]
  return { claims, signals: [], judge: () => findings }
}

/** A claim that a pipeline proves by pushing evidence, which stands until it expires. */
export function provenByEvidence(check: string, claims: string): Condition {
  return {
    claims,
    signals: [pushedEvidence],
    judge: (evidence, recollection) => pushedFor(check, claims, evidence, recollection),
  }
}

/** One piece of evidence with what it says, or why it says nothing any more. */
export interface Pushed {
  readonly piece: Piece
  readonly sighting?: Sighting
  readonly blind?: LocatedBlindSpot
}

/** What was pushed for the check, newest first; what has expired too, so that nothing older comes back by that. */
export function piecesFor(check: string, evidence: Evidence): readonly Pushed[] {
  const { readings, unseen: blind } = evidence.of(pushedEvidence, { check })
  const said = new Map(readings.map((sighting) => [sighting.target.id, sighting]))
  const hidden = new Map(blind.map((spot) => [spot.target.id, spot]))
  const pieces = evidence.targets(pushedEvidence, { check }).flatMap((target): Pushed[] => {
    const [piece, sighting, spot] = [pieceOf(target), said.get(target.id), hidden.get(target.id)]
    if (piece === undefined) return []
    return [{ piece, ...(sighting && { sighting }), ...(spot && { blind: spot }) }]
  })
  return pieces.toSorted((a, b) => byNewest(a.piece, b.piece))
}

/**
 * Whether a piece is about what is judged: the rollout under way, or the last one where none is. What names none is
 * about what is there between two rollouts, and about the one in which it was pushed.
 */
export function isInForce({ piece }: Pushed, { rollout, latest }: Recollection): boolean {
  if (piece.rollout !== undefined) return latest !== undefined && isOfLife(piece, latest)
  return rollout === undefined || piece.since >= rollout.startedAt
}

/** What the newest evidence says that is about the rollout under way, or about the last one where none is. */
export function pushedFor(
  check: string,
  claims: string,
  evidence: Evidence,
  recollection: Recollection,
): readonly Finding[] {
  const pieces = piecesFor(check, evidence)
  const deciding = pieces.find((one) => isInForce(one, recollection))
  return [deciding === undefined ? noneInForce(check, claims, pieces, recollection) : said(check, deciding)]
}

/** What one piece says of the check. */
export function said(check: string, { sighting, blind }: Pushed): Finding {
  if (blind?.unknownReason === 'stale') {
    const message = 'the evidence that was pushed has expired; look again and push what is found'
    return unseen({ ...blind, message }, check)
  }
  const account = { readings: sighting ? [sighting] : [], unseen: blind ? [blind] : [] }
  const [finding] = isTrue(account, pushedEvidence, {
    reason: 'evidence_failed',
    describe: ({ reading }) =>
      `pushed evidence: ${reading.detail ?? (reading.value === 1 ? 'pass' : 'fail')}`,
  })
  return finding === undefined
    ? notConfigured('the evidence that was pushed says nothing')
    : { ...finding, key: check }
}

/** Why nothing that was pushed counts. */
export function noneInForce(
  check: string,
  claims: string,
  [newest]: readonly Pushed[],
  { rollout }: Recollection,
): Finding {
  if (newest === undefined) return notConfigured(`no evidence was pushed that ${claims}`)
  const about = newest.piece.rollout ?? 'no rollout'
  const against = rollout === undefined ? 'which is not under way' : `and ${rollout.id} is under way`
  return unknown(check, {
    unknownReason: 'not_configured',
    reason: 'evidence_of_another_rollout',
    message: `the evidence that was pushed is about ${about}, ${against}`,
  })
}
