import { awaitsFirstLook, type Finding } from './finding.ts'
import type { CheckStatus, GateStatus } from './gate.ts'
import type { Snapshot } from './snapshot.ts'
import { forbids, type StopStatus } from './stop.ts'
import { inWords, timeOfDay, type Instant } from './time.ts'
import type { Waiver } from './waiver.ts'

/** What is waived would do if it counted: for the verdict, in one word and in a sentence. */

/** What something would make of the verdict by itself, and since when. */
export interface Would {
  readonly verdict: 'hold' | 'stop'
  readonly since: Instant
}

/** What a status makes of the verdict by itself when it counts; undefined where it does not keep it from `proceed`. */
export function blockedBy(status: CheckStatus | StopStatus | GateStatus): Would['verdict'] | undefined {
  if ('firings' in status && forbids(status)) return 'stop'
  if (status.state === 'pass' || status.state === 'clear') return undefined
  const awaits = 'findings' in status ? awaitsFirstLook(status.findings) : status.awaitsFirstLook === true
  return status.state === 'unknown' && awaits ? undefined : 'hold'
}

/** A gate, check or stop condition that is waived, as far as it matters here. */
export interface Waived {
  readonly id: string
  readonly state: string
  readonly waived: Waiver
  readonly findings?: readonly Finding[]
  readonly cause?: Finding
}

/** Everything that is waived by itself and not by its gate, in the order of the tables. */
export function waivedItems({
  gates,
  checks,
  stops,
}: Pick<Snapshot, 'gates' | 'checks' | 'stops'>): readonly Waived[] {
  return [...gates.values(), ...checks.values(), ...stops.values()].flatMap((status): Waived[] => {
    const { waived } = status
    return waived?.of === status.id ? [{ ...status, waived }] : []
  })
}

/** What an item that does not count would make of the verdict: `well` where it would not keep it from `proceed`. */
export function wouldMake({ waived }: Waived): Would['verdict'] | 'well' {
  return waived.would?.verdict ?? 'well'
}

/** The same in words; empty where it would do nothing. */
export function wordsOf({ state, waived, findings = [], cause = findings[0] }: Waived): string {
  if (waived.would === undefined) return ''
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
