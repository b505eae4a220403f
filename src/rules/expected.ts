import { keyOf, unknown, type Finding } from '../core/finding.ts'
import type { Target } from '../core/observation.ts'

/**
 * The findings about something that must be there. Silence about it is unknown: a look that forgets to mention a
 * stream or a table proves nothing about it, whatever it says about the others.
 */
export function expected(key: string, findings: readonly Finding[]): readonly Finding[] {
  if (findings.length > 0) return findings
  const message = `nothing was measured of ${key}`
  return [unknown(key, { unknownReason: 'never_measured', reason: 'never_measured', message })]
}

/** The findings, and an unknown for each target that none of them is about. */
export function ofEach(targets: readonly Target[], findings: readonly Finding[]): readonly Finding[] {
  const mentioned = new Set(findings.map((finding) => finding.target))
  const silent = targets.filter(({ id }) => !mentioned.has(id))
  return [...findings, ...silent.flatMap(({ id, labels }) => expected(keyOf(labels, id), []))]
}
