import type { Finding } from './finding.ts'
import type { Streaks } from './streak.ts'

/** Whether a count rose since the last step or something stands: the window of an edge runs from then. */
export function newEvent(before: readonly Finding[] | undefined, findings: readonly Finding[]): boolean {
  return findings.some(({ answer, tally }) => {
    if (answer !== 'unmet') return false
    if (tally?.settles !== true) return true
    const known = before?.find((candidate) => candidate.tally?.key === tally.key)
    return known?.tally === undefined || tally.value !== known.tally.value || known.answer !== 'unmet'
  })
}

/**
 * What an edge that fires already has not fired for: another replica, another run of a Job, another stream. What was
 * hidden for a while is what it was.
 *
 * @param culprits what the latch holds the edge to have fired for
 */
export function othersThan(
  findings: readonly Finding[],
  streaks: Streaks = new Map(),
  culprits: readonly string[] = [],
): readonly Finding[] {
  return findings.filter(({ key, answer }) => {
    if (answer !== 'unmet') return false
    const before = streaks.get(key)
    if (before?.breachedSince !== undefined) return false
    const wasSeen = before !== undefined && before.answer !== 'unknown'
    return wasSeen || !culprits.includes(key)
  })
}
