import type { Evidence } from '../core/evidence.ts'
import { unknown, unseen, type Condition, type Finding, type Recollection } from '../core/finding.ts'
import type { Unavailable } from '../core/observation.ts'
import { REVISION_AT_BEGIN } from '../core/rollout.ts'
import { isInForce, noneInForce, piecesFor, said, type Pushed } from './elsewhere.ts'
import { expected } from './expected.ts'
import { pushedEvidence, releaseManifestObjects, releaseRevision } from './signals.ts'

/**
 * A claim that a pipeline proves of one manifest, by its digest. Once Helm has applied something in this rollout,
 * evidence counts for the release as long as the release has that manifest, whatever rollout it names. Before that
 * there is nothing to compare it with, and only what is about this rollout counts.
 */
export function provenOfManifest(check: string, claims: string): Condition {
  return {
    claims,
    signals: [pushedEvidence, releaseRevision, releaseManifestObjects],
    judge(evidence, recollection) {
      const comparable = isComparable(evidence, recollection)
      const live = liveDigests(evidence)
      const pieces = piecesFor(check, evidence)
      const deciding = decidingPiece(pieces, comparable === 'yes' ? live : [], recollection)
      if (deciding === undefined) return [noneInForce(check, claims, pieces, recollection)]
      const finding = said(check, deciding)
      const { digest } = deciding.piece
      if (finding.answer !== 'met') return [finding]
      if (digest === undefined) return [withoutDigest(check)]
      return boundTo(digest, finding, evidence, { live, comparable })
    },
  }
}

/**
 * The newest of what is about this rollout and of what is about the manifest that the release has. Evidence that names
 * no rollout and is about another manifest is early: it waits for what it is about, and counts only where there is no
 * other.
 */
function decidingPiece(
  pieces: readonly Pushed[],
  live: readonly string[],
  recollection: Recollection,
): Pushed | undefined {
  const inForce = pieces.filter((one) => isInForce(one, recollection))
  const decisive = pieces.find((one) => {
    const { rollout, digest, outcome } = one.piece
    if (digest !== undefined && live.length > 0 && live.every((known) => known === digest)) return true
    if (!inForce.includes(one)) return false
    // What names none and says that something is wrong without saying of which manifest may be about this one.
    return (
      rollout !== undefined ||
      recollection.rollout !== undefined ||
      (outcome === 'fail' && digest === undefined)
    )
  })
  return decisive ?? inForce[0]
}

/** What the release has; empty while that cannot be seen whole. */
function liveDigests(evidence: Evidence): readonly string[] {
  const { readings, unseen: blind } = evidence.of(releaseManifestObjects)
  return blind.length > 0 ? [] : readings.map(({ reading }) => reading.facts?.digest ?? 'without a digest')
}

interface Compared {
  readonly live: readonly string[]
  readonly comparable: ReturnType<typeof isComparable>
}

function boundTo(
  digest: string,
  finding: Finding,
  evidence: Evidence,
  { live, comparable }: Compared,
): readonly Finding[] {
  if (comparable === 'not yet')
    return [{ ...finding, message: `${finding.message}; compared once Helm has applied it` }]
  if (live.length === 0) {
    const blind = evidence.of(releaseManifestObjects).unseen.map((spot) => unseen(spot))
    return expected(finding.key, blind)
  }
  if (live.every((one) => one === digest)) return [finding]
  if (comparable !== 'yes') return [unknown(finding.key, comparable)]
  const message = `the release has the manifest ${live.join(' and ')}, the evidence is about ${digest}`
  // What was pushed says yes of another manifest: as a value it would speak against what was found.
  const { observed: _, threshold: __, ...found } = finding
  return [{ ...found, answer: 'unmet', reason: 'manifest_differs', message }]
}

/** Whether the release has what this rollout brings, or why that can't be told. */
function isComparable(evidence: Evidence, recollection: Recollection): 'yes' | 'not yet' | Unavailable {
  if (recollection.rollout?.phase !== 'preflight') return 'yes'
  const { readings, unseen: blind } = evidence.of(releaseRevision)
  const [spot] = blind
  if (spot !== undefined) return spot
  // Where the cluster is seen and shows no release, this rollout is to install it.
  if (readings.length === 0 && evidence.targets(releaseRevision).length > 0) return 'not yet'
  const begun = recollection.baseline(REVISION_AT_BEGIN)
  if (begun === undefined) {
    const message = 'which revision the release had when the rollout began is not known'
    return { unknownReason: 'ambiguous', reason: 'release_revision_unknown', message }
  }
  return readings.every(({ reading }) => reading.value === begun) ? 'not yet' : 'yes'
}

function withoutDigest(check: string): Finding {
  const message = 'the evidence that was pushed names no digest of a manifest, so its subject is unknown'
  return unknown(check, { unknownReason: 'not_configured', reason: 'evidence_without_digest', message })
}
