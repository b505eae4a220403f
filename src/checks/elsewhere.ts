import type { Evidence } from '../core/evidence.ts'
import {
  isTrue,
  notConfigured,
  unknown,
  type Condition,
  type Finding,
  type Recollection,
} from '../core/finding.ts'
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

/** What was pushed for the check, if it is about the rollout under way or names none. */
export function pushedFor(
  check: string,
  claims: string,
  evidence: Evidence,
  { rollout }: Recollection,
): readonly Finding[] {
  const [pushed] = evidence.targets(pushedEvidence, { check })
  if (pushed === undefined) return [notConfigured(`no evidence was pushed that ${claims}`)]
  const of = pushed.labels['rollout']
  if (rollout !== undefined && of !== undefined && of !== rollout.id) {
    const message = `the evidence that was pushed is about ${of}, and ${rollout.id} is under way`
    const blindness = {
      unknownReason: 'not_configured',
      reason: 'evidence_of_another_rollout',
      message,
    } as const
    return [unknown(check, blindness)]
  }
  return isTrue(evidence.of(pushedEvidence, { check }), pushedEvidence, {
    reason: 'evidence_failed',
    describe: ({ reading }) =>
      `pushed evidence: ${reading.detail ?? (reading.value === 1 ? 'pass' : 'fail')}`,
  })
}
