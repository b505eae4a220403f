import type { Finding } from './finding.ts'
import type { Streaks, Tick } from './streak.ts'
import type { Instant } from './time.ts'

interface Before {
  readonly findings: readonly Finding[]
  readonly lastEventAt?: Instant
}

/**
 * When a count last rose, or something was last seen to stand: the window of an edge runs from then. Undefined while it
 * stands, and when there was nothing of the kind.
 */
export function lastEvent(
  before: Before | undefined,
  findings: readonly Finding[],
  { now, before: lastAt = now }: Tick,
): Instant | undefined {
  if (stands(findings)) return undefined
  if (hasRisen(before?.findings, findings)) return now
  return before !== undefined && stands(before.findings) ? lastAt : before?.lastEventAt
}

/** Whether anything is wrong that is no counted event. */
export function stands(findings: readonly Finding[]): boolean {
  return findings.some(({ answer, tally }) => answer === 'unmet' && tally?.settles !== true)
}

function hasRisen(before: readonly Finding[] | undefined, findings: readonly Finding[]): boolean {
  return findings.some(({ answer, tally }) => {
    if (answer !== 'unmet' || tally?.settles !== true) return false
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
