import { notConfigured, type Condition } from '../core/finding.ts'

/** A claim whose proof comes from a source that this installation does not have. It never passes by itself. */
export function provenElsewhere(claims: string, missing: string): Condition {
  const findings = [notConfigured(missing)]
  return { claims, signals: [], judge: () => findings }
}
