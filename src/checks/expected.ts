import { unknown, type Finding } from '../core/finding.ts'

/**
 * The findings about something that must be there. Silence about it is unknown: a look that forgets to mention a
 * stream or a table proves nothing about it, whatever it says about the others.
 */
export function expected(key: string, findings: readonly Finding[]): readonly Finding[] {
  if (findings.length > 0) return findings
  const message = `nothing was measured of ${key}`
  return [unknown(key, { unknownReason: 'never_measured', reason: 'never_measured', message })]
}
