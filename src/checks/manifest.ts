import type { Evidence } from '../core/evidence.ts'
import { unknown, unseen, type Condition, type Finding, type Recollection } from '../core/finding.ts'
import type { Blindness } from '../core/observation.ts'
import { REVISION_AT_BEGIN } from '../core/rollout.ts'
import { pushedFor } from './elsewhere.ts'
import { expected } from './expected.ts'
import { pushedEvidence, releaseManifestObjects, releaseRevision } from './signals.ts'

/**
 * A claim that a pipeline proves of one manifest, by its digest: the evidence counts for the release as long as the
 * release has that manifest. Before Helm has applied anything in this rollout there is nothing to compare it with.
 */
export function provenOfManifest(check: string, claims: string): Condition {
  return {
    claims,
    signals: [pushedEvidence, releaseRevision, releaseManifestObjects],
    judge(evidence, recollection) {
      const pushed = pushedFor(check, claims, evidence, recollection)
      if (pushed.some(({ answer }) => answer !== 'met')) return pushed
      const { digest, rollout } = evidence.targets(pushedEvidence, { check })[0]?.labels ?? {}
      if (digest === undefined) return [withoutDigest(check)]
      return pushed
        .flatMap((finding) => boundTo(digest, finding, evidence, recollection))
        .map((finding) => (recollection.rollout === undefined ? ofAnother(finding, rollout) : finding))
    },
  }
}

function boundTo(
  digest: string,
  finding: Finding,
  evidence: Evidence,
  recollection: Recollection,
): readonly Finding[] {
  const comparable = isComparable(evidence, recollection)
  if (comparable === 'not yet')
    return [{ ...finding, message: `${finding.message}; compared once Helm has applied it` }]
  const { readings, unseen: blind } = evidence.of(releaseManifestObjects)
  if (blind.length > 0 || readings.length === 0)
    return expected(
      finding.key,
      blind.map((spot) => unseen(spot)),
    )
  const live = readings.map(({ reading }) => reading.detail ?? 'without a digest')
  if (live.every((one) => one === digest)) return [finding]
  if (comparable !== 'yes') return [unknown(finding.key, comparable)]
  const message = `the release has the manifest ${live.join(' and ')}, the evidence is about ${digest}`
  return [{ ...finding, answer: 'unmet', reason: 'manifest_differs', message }]
}

/** Whether the release has what this rollout brings, or why that can't be told. */
function isComparable(evidence: Evidence, recollection: Recollection): 'yes' | 'not yet' | Blindness {
  if (recollection.rollout?.phase !== 'preflight') return 'yes'
  const { readings, unseen: blind } = evidence.of(releaseRevision)
  const [spot] = blind
  if (spot !== undefined) return spot
  // Where the cluster is seen and shows no release, this rollout is to install it.
  if (readings.length === 0 && evidence.targets(releaseRevision).length > 0) return 'not yet'
  const begun = recollection.mark(REVISION_AT_BEGIN)
  if (begun === undefined) {
    const message = 'which revision the release had when the rollout began is not known'
    return { unknownReason: 'ambiguous', reason: 'release_revision_unknown', message }
  }
  return readings.every(({ reading }) => reading.value === begun) ? 'not yet' : 'yes'
}

/** What differs because it is about a rollout that is yet to begin, or is over, says nothing about the release. */
function ofAnother(finding: Finding, rollout: string | undefined): Finding {
  if (finding.answer !== 'unmet' || rollout === undefined) return finding
  const message = `${finding.message}; it is about rollout ${rollout}, which is not under way`
  const reason = 'evidence_of_another_rollout'
  return unknown(finding.key, { unknownReason: 'not_configured', reason, message })
}

function withoutDigest(check: string): Finding {
  const message =
    'the evidence that was pushed names no digest of a manifest, so nobody can tell which it is about'
  return unknown(check, { unknownReason: 'not_configured', reason: 'evidence_without_digest', message })
}
