import type { Finding } from './finding.ts'
import type { GateStatus } from './gate.ts'
import type { Snapshot } from './snapshot.ts'
import { inWords, timeOfDay, type Instant } from './time.ts'

/** What is waived would do if it counted, in one word and in a sentence. */

/** A gate, check or stop condition, as far as it matters here. */
export type Waived = Pick<GateStatus, 'id' | 'waived'> & {
  readonly state: string
  readonly findings?: readonly Finding[]
  readonly cause?: Finding
}

/** What an item that does not count would make of the verdict: `well` where it would not keep it from `proceed`. */
export function wouldMake({ waived }: Pick<Waived, 'waived'>): string {
  return waived?.would?.verdict ?? 'well'
}

/** Everything that is waived by itself and not by its gate. */
export function waivedItems({
  gates,
  checks,
  stops,
}: Pick<Snapshot, 'gates' | 'checks' | 'stops'>): readonly Waived[] {
  return [...gates.values(), ...checks.values(), ...stops.values()].filter(
    ({ id, waived }) => waived?.of === id,
  )
}

/** The same in words; empty where it would do nothing. */
export function wordsOf({ state, waived, findings = [], cause = findings[0] }: Waived): string {
  if (waived?.would === undefined) return ''
  const what = waived.would.verdict === 'stop' ? 'would stop' : 'would hold'
  return `it ${what} the rollout: ${cause?.message ?? `it is ${state}`}`
}

/** What it would have done until now, and for how long. */
export function wordsAfter(before: Waived | undefined, at: Instant): string {
  const would = before?.waived?.would
  if (would === undefined) return ''
  const what = would.verdict === 'stop' ? 'would have stopped' : 'would have held'
  return `it ${what} the rollout at ${timeOfDay(would.since)}, for ${inWords(at - would.since)}`
}
