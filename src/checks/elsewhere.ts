import { isTrue, notConfigured, type Condition } from '../core/finding.ts'
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
    judge(evidence) {
      if (evidence.targets(pushedEvidence, { check }).length === 0)
        return [notConfigured(`no evidence was pushed that ${claims}`)]
      return isTrue(evidence.of(pushedEvidence, { check }), pushedEvidence, {
        reason: 'evidence_failed',
        describe: ({ reading }) =>
          `pushed evidence: ${reading.detail ?? (reading.value === 1 ? 'pass' : 'fail')}`,
      })
    },
  }
}
