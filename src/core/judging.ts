import type { Contents } from './content.ts'
import { newAsking, type Asked, type Inputs } from './asked.ts'
import { evidenceOf, type Providers } from './evidence.ts'
import type { Condition, Finding } from './finding.ts'
import { judge } from './judge.ts'
import { measuredIn, type Measured, type Plotted } from './measured.ts'
import { isSame } from './same.ts'
import type { Snapshot } from './snapshot.ts'
import type { Instant } from './time.ts'

/** Findings with all that they were made from: they are what they are while none of it says anything else. */
export interface Judged {
  readonly findings: readonly Finding[]
  readonly measured: readonly Measured[]
  readonly asked: Asked
}

export type Judgements = ReadonlyMap<Condition, Judged>

export interface Judging {
  /** What a condition finds and measures, judged once in a step for all that share it. */
  of(item: Plotted): Judged
  /** What was judged anew in this step. */
  anew(): readonly Judged[]
  /** All that was asked for in this step, for the step after it. */
  all(): Judgements
}

/**
 * Judges conditions at `now`; what nothing has changed for is not judged anew, and what comes out as it was stays the same
 * object.
 */
export function judging(
  { baselines, rollout }: Pick<Snapshot, 'baselines' | 'rollout'>,
  contents: Contents,
  now: Instant,
  providers: Providers,
  before: Judgements = new Map(),
): Judging {
  const inputs: Inputs = { contents, providers, baselines, rollout }
  const evidence = evidenceOf(contents.beliefs, providers, now)
  const judged = new Map<Condition, Judged>()
  const fresh: Judged[] = []

  function anew(item: Plotted, known: Judged | undefined): Judged {
    const asking = newAsking(inputs, evidence)
    const { evidence: seen, recollection } = asking
    const findings = judge(item.condition, seen, recollection)
    const measured = measuredIn(item, findings, seen, recollection)
    const made = { findings: kept(known?.findings, findings), measured: kept(known?.measured, measured) }
    const next = { ...made, asked: asking.asked() }
    fresh.push(next)
    return next
  }

  return {
    of(item) {
      const { condition } = item
      const known = judged.get(condition)
      if (known !== undefined) return known
      const held = before.get(condition)
      const current = held?.asked.saysTheSame(inputs) === true ? held : anew(item, held)
      judged.set(condition, current)
      return current
    },
    anew: () => fresh,
    all: () => judged,
  }
}

/** The value of before where the new one says the same. */
function kept<T>(before: T | undefined, next: T): T {
  return before !== undefined && isSame(before, next) ? before : next
}
