import type { Account, Evidence } from './evidence.ts'
import type { Condition, Finding, Quantity, Recollection } from './finding.ts'
import type { Target } from './observation.ts'
import type { Labels, Signal } from './signal.ts'
import type { Instant } from './time.ts'

/**
 * What a check or stop condition is plotted by, where it asks about more than one thing. One finding is kept for each
 * subject: of a group that is neither behind nor idle it may be either, and that makes no plot.
 */
export interface Plot {
  readonly title: string
  readonly unit: Quantity['unit']
  /** The signals that make the value; all others are left out of the judgement. */
  readonly signals: readonly Signal[]
}

export type Measured = Finding & Required<Pick<Finding, 'observed'>>

/** What is judged by a condition and may have a plot; all that share a condition share the plot. */
export interface Plotted {
  readonly condition: Condition
  readonly plot?: Plot
}

/**
 * The worst value in each unit, with its limit; in the unit of the plot what the condition makes of its signals alone.
 *
 * @param findings what the condition makes of all the evidence
 */
export function measuredIn(
  { condition, plot }: Plotted,
  findings: readonly Finding[],
  evidence: Evidence,
  recollection: Recollection,
): readonly Measured[] {
  const worst = new Map<Quantity['unit'], Measured>()
  const take = (finding: Finding) => {
    if (!isMeasured(finding)) return
    const before = worst.get(finding.observed.unit)
    if (before === undefined || badnessOf(finding) > badnessOf(before))
      worst.set(finding.observed.unit, finding)
  }
  if (plot !== undefined)
    for (const finding of condition.judge(new OnlyAbout(plot.signals, evidence), recollection))
      if (finding.observed?.unit === plot.unit) take(finding)
  for (const finding of findings) if (finding.observed?.unit !== plot?.unit) take(finding)
  return [...worst.values()]
}

/**
 * The measured values of a status. None while the worst that is known is that it cannot be seen: what is left would pass
 * for all of it.
 */
export function shownOf(status: {
  readonly state: string
  readonly findings: readonly Finding[]
  readonly measured?: readonly Measured[]
}): readonly Measured[] {
  const isBlind = status.state === 'skipped' || status.findings[0]?.answer === 'unknown'
  return isBlind ? [] : (status.measured ?? [])
}

/** How far a value is beyond its limit, in its unit; negative within it. Without a limit, the value. */
export function badnessOf({ observed: { value }, threshold }: Measured): number {
  if (threshold === undefined) return value
  switch (threshold.op) {
    case '<=':
      return value - threshold.value
    case '>=':
      return threshold.value - value
    case '==':
      return Math.abs(value - threshold.value)
  }
}

function isMeasured(finding: Finding): finding is Measured {
  return finding.observed !== undefined && Number.isFinite(finding.observed.value)
}

/** Evidence of these signals alone; of the others there is none, seen or not. */
class OnlyAbout implements Evidence {
  readonly #names: ReadonlySet<string>
  readonly #all: Evidence

  constructor(signals: readonly Signal[], all: Evidence) {
    this.#names = new Set(signals.map(({ name }) => name))
    this.#all = all
  }

  get now(): Instant {
    return this.#all.now
  }

  of(signal: Signal, where?: Labels): Account {
    return this.#names.has(signal.name) ? this.#all.of(signal, where) : none
  }

  targets(signal: Signal, where?: Labels): readonly Target[] {
    return this.#all.targets(signal, where)
  }
}

const none: Account = { readings: [], unseen: [] }
