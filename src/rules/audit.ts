import { atMost, noneAdded, standingClaim } from '../core/claim.ts'
import { type Condition } from '../core/finding.ts'
import { newOf } from './counted.ts'
import { expected } from './expected.ts'
import type { StreamSpec } from './platform.ts'
import { evidenceDropped, groupLost, tamperFindings } from './signals.ts'

const none = { trip: 0, clear: 0 }

const noneLost = standingClaim({
  reason: 'audit_evidence_lost',
  describe: ({ reading }, key) => `${key} lost ${reading.value} audit events for good`,
})

const noneFound = standingClaim({
  reason: 'audit_tamper_detected',
  describe: ({ reading }, key, observed) =>
    `${key} counts ${newOf(observed, reading, 'tamper finding', 'tamper findings')}`,
})

/**
 * No audit event was lost: no replica dropped one, and none was trimmed away before it was ingested, which leaves
 * neither a dead letter nor a metric of the platform behind.
 */
export function noEvidenceLost(streams: readonly StreamSpec[]): Condition {
  const groups = streams.flatMap(({ name, groups: specs }) =>
    specs.filter((spec) => spec.evidence === true).map((spec) => ({ stream: name, group: spec.name })),
  )
  return {
    claims: 'no audit event is lost',
    signals: [evidenceDropped, groupLost],
    judge: (evidence) => [
      ...atMost(evidence.of(evidenceDropped), evidenceDropped, none, noneLost),
      ...groups.flatMap((labels) =>
        expected(
          `${labels.stream}/${labels.group}`,
          atMost(evidence.of(groupLost, labels), groupLost, none, {
            reason: 'audit_events_trimmed',
            describe: ({ reading }, key) =>
              `${reading.value} entries were trimmed from ${labels.stream} before ${key} took them`,
          }),
        ),
      ),
    ],
  }
}

/**
 * No Audit replica found evidence that was tampered with. Any count is news when first seen, since the sweep at
 * start-up may have counted before the first look.
 */
export const noTampering: Condition = {
  claims: 'no audit evidence was tampered with',
  signals: [tamperFindings],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(tamperFindings), tamperFindings, 'zero', recollection, noneFound),
}
