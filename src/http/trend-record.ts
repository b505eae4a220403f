import type { Finding, Quantity, Threshold } from '../core/finding.ts'
import { newRing, type Ring } from '../core/ring.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Instant, Millis } from '../core/time.ts'
import { isMeasured, measures, worstOf, type Measured } from './measures.ts'

/** What one check or stop condition judged by, in one unit. */
export interface Series {
  readonly unit: Quantity['unit']
  /** The limit of the worst subject of the last evaluation. */
  readonly threshold: Threshold | undefined
  readonly ring: Ring
}

export interface TrendRecord {
  /** The first slot in which anything was evaluated. */
  readonly since: number | undefined
  /** Takes in an evaluation; the rules that it was judged by are asked for when it counts. */
  add(snapshot: Snapshot, rules: () => MeasuredBy): void
  /** What was recorded of a check or stop condition, one series for each unit. */
  of(kind: Kind, id: string): readonly Series[]
}

type MeasuredBy = Pick<Rules, 'gates' | 'stops' | 'providers'>

export type Kind = 'checks' | 'stops'

/**
 * Series that are held. With an hour of slots of 5 s one takes 5.8 kB, all of them 1.5 MB; a standard installation has
 * some 50.
 */
const seriesLimit = 256
/** Evaluations that follow each other more quickly than this are not looked at: a look costs 0.3 ms. */
const spacing: Millis = 500

interface Recorded extends Series {
  threshold: Threshold | undefined
  /** How bad the value is that stands in the slot that is still open. */
  open: { readonly slot: number; readonly badness: number }
}

/**
 * Keeps the worst value of each interval. While the worst that a check or stop condition has found is that it cannot
 * see, nothing is put: what is left of the values would pass for all of them.
 * @param size intervals that are kept besides the one that is not over yet
 */
export function recordTrends(interval: Millis, size: number): TrendRecord {
  const recorded = new Map<string, Map<Quantity['unit'], Recorded>>()
  let since: number | undefined
  let lastAt: Instant = -Infinity
  let held = 0

  function put(key: string, slot: number, finding: Measured): void {
    const { observed, threshold } = finding
    const byUnit = recorded.get(key) ?? new Map<Quantity['unit'], Recorded>()
    let series = byUnit.get(observed.unit)
    if (series === undefined) {
      if (held >= seriesLimit) return
      held++
      series = {
        unit: observed.unit,
        threshold,
        ring: newRing(size + 1),
        open: { slot: -Infinity, badness: 0 },
      }
      recorded.set(key, byUnit.set(observed.unit, series))
    }
    series.threshold = threshold
    const badness = badnessOf(finding)
    if (series.open.slot === slot && series.open.badness > badness) return
    series.open = { slot, badness }
    series.ring.put(slot, observed.value)
  }

  /** What is not judged any more leaves nothing behind. */
  function forget({ checks, stops }: Snapshot): void {
    for (const [key, byUnit] of recorded) {
      const [kind, id] = partsOf(key)
      if ((kind === 'checks' ? checks : stops).has(id)) continue
      recorded.delete(key)
      held -= byUnit.size
    }
  }

  return {
    get since() {
      return since
    },
    add(snapshot, rules) {
      const { at, gates } = snapshot
      const slot = Math.floor(at / interval)
      const turned = slot !== Math.floor(lastAt / interval)
      if (gates.size === 0 || (!turned && at - lastAt < spacing)) return
      since ??= slot
      lastAt = at
      if (turned) forget(snapshot)
      for (const [key, worst] of worstValues(snapshot, rules())) put(key, slot, worst)
    },
    of: (kind, id) => [...(recorded.get(keyOf(kind, id))?.values() ?? [])],
  }
}

/** The worst value of each check and stop condition in each unit; by its measure alone where it has one in that unit. */
function worstValues(snapshot: Snapshot, rules: MeasuredBy): readonly (readonly [string, Measured])[] {
  const ofMeasures = measures.map((measure) => ({
    key: keyOf(measure.kind, measure.id),
    unit: measure.unit,
    worst: worstOf(measure, snapshot, rules),
  }))
  const taken = new Set(ofMeasures.map(({ key, unit }) => `${key} ${unit}`))
  const items = [
    ...[...snapshot.checks.values()].map(({ id, findings }) => ({ key: keyOf('checks', id), findings })),
    ...[...snapshot.stops.values()].map(({ id, findings }) => ({ key: keyOf('stops', id), findings })),
  ]
  const others = items.flatMap(({ key, findings }) =>
    [...worstByUnit(findings)].flatMap((worst) =>
      taken.has(`${key} ${worst.observed.unit}`) ? [] : [[key, worst] as const],
    ),
  )
  return [...ofMeasures.flatMap(({ key, worst }) => (worst ? [[key, worst] as const] : [])), ...others]
}

function keyOf(kind: Kind, id: string): string {
  return `${kind}/${id}`
}

function partsOf(key: string): readonly [kind: string, id: string] {
  const end = key.indexOf('/')
  return [key.slice(0, end), key.slice(end + 1)]
}

/** The worst measured finding of each unit; none when the worst of all is unknown. */
function worstByUnit(findings: readonly Finding[]): Iterable<Measured> {
  const worst = new Map<Quantity['unit'], Measured>()
  if (findings[0]?.answer === 'unknown') return []
  for (const finding of findings) {
    if (!isMeasured(finding)) continue
    const before = worst.get(finding.observed.unit)
    if (before === undefined || badnessOf(finding) > badnessOf(before))
      worst.set(finding.observed.unit, finding)
  }
  return worst.values()
}

/** How far a value is beyond its limit, in its unit; negative within it. Without a limit, the value. */
function badnessOf({ observed: { value }, threshold }: Measured): number {
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
