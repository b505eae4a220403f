import type { Link, Struck, Symptom } from '../core/cause.ts'
import { failedAt, INCONCLUSIVE } from './canary.ts'
import { link } from './links.ts'

/**
 * What a canary that did not pass follows from. A step that must be denied and was allowed follows from nothing: no outage
 * opens what is closed.
 */
export function cannotPass({ finding }: Symptom): boolean {
  return failedAt(finding, 'exchange-allowed', 'call-allowed', 'audit', 'revocation')
}

/** The canary got no answer from the replica that it can tell by. */
export function isInconclusive({ finding }: Symptom): boolean {
  return finding.reason === INCONCLUSIVE
}

const AUDIT_STREAM = 'caracal.audit.events'

export const canaryLinks: readonly Link[] = [
  // Gateways ask any STS that is ready.
  link(
    ['sts-unready', 'ready-sts'],
    (symptom, source) =>
      (failedAt(symptom.finding, 'exchange-allowed') && isOfSame(symptom, source)) ||
      (failedAt(symptom.finding, 'call-allowed') && !source.isPartly),
  ),
  link(
    ['gateway-unready', 'ready-gateway'],
    (symptom, source) => failedAt(symptom.finding, 'call-allowed') && isOfSame(symptom, source),
  ),
  link(['audit-ingestion'], ({ finding }) => failedAt(finding, 'audit')),
  link(['ready-audit'], ({ finding }) => failedAt(finding, 'audit')),
  link(
    ['consumers-alive'],
    ({ finding }, { symptoms }) =>
      failedAt(finding, 'audit') && symptoms.some((own) => own.finding.key.startsWith(`${AUDIT_STREAM}/`)),
  ),
  link(
    ['revocation-snapshot-stale', 'revocation-snapshots'],
    (symptom, source) => failedAt(symptom.finding, 'revocation') && isOfSame(symptom, source),
  ),
  link(['revocation-propagation'], ({ finding }) => failedAt(finding, 'revocation')),
]

function isOfSame({ finding }: Symptom, { symptoms }: Struck): boolean {
  return symptoms.some((own) => own.finding.target === finding.target)
}
