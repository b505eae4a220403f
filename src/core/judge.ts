import { byText } from './lists.ts'
import type { Evidence } from './evidence.ts'
import { unknown, type Answer, type Condition, type Finding, type Recollection } from './finding.ts'

const weight: Record<Answer, number> = { unmet: 3, unknown: 2, near: 1, met: 0 }

/**
 * Findings from worst to best: by answer, what is seen before what is missing beside it, then by how near the observed
 * value is to its limit, then by key; never by the order in which they were made.
 */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings
    .map((finding) => ({ finding, badness: badnessOf(finding), nearness: nearness(finding) }))
    .sort(
      (a, b) =>
        b.badness - a.badness ||
        b.nearness - a.nearness ||
        byText(a.finding.key, b.finding.key) ||
        byText(a.finding.reason, b.finding.reason) ||
        byText(a.finding.message, b.finding.message),
    )
    .map(({ finding }) => finding)
}

/** What is seen comes before what is missing beside it. */
function badnessOf({ answer, indirect }: Finding): number {
  return 2 * weight[answer] - (indirect === true ? 1 : 0)
}

/** The observed value as a share of its upper limit; of two that are equally well the fuller one is worth showing. */
function nearness({ observed, threshold }: Finding): number {
  if (observed === undefined || threshold?.op !== '<=' || threshold.value <= 0) return 0
  return observed.value / threshold.value
}

/**
 * The findings of a condition, worst first and one for each subject, or an unknown when it has nothing to say:
 * silence proves nothing.
 */
export function judge(
  condition: Condition,
  evidence: Evidence,
  recollection: Recollection,
): readonly Finding[] {
  const findings = worstFirst(onePerSubject(condition.judge(evidence, recollection)))
  if (findings.length > 0) return findings
  const message = `nothing was measured that could show: ${condition.claims}`
  return [unknown('evidence', { unknownReason: 'never_measured', reason: 'never_measured', message })]
}

/** The worst finding of each subject; which of two that are equally bad does not depend on mere numbers. */
function onePerSubject(findings: readonly Finding[]): readonly Finding[] {
  const worst = new Map<string, Finding>()
  for (const finding of findings) {
    const held = worst.get(finding.key)
    if (held === undefined || isWorse(finding, held)) worst.set(finding.key, finding)
  }
  return [...worst.values()]
}

function isWorse(a: Finding, b: Finding): boolean {
  return (
    (weight[a.answer] - weight[b.answer] || byText(b.reason, a.reason) || byText(b.message, a.message)) > 0
  )
}
