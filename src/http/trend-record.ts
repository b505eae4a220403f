import type { Quantity, Threshold } from '../core/finding.ts'
import { badnessOf, shownOf, type Measured } from '../core/measured.ts'
import { newRing, type Ring } from '../core/ring.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Instant, Millis } from '../core/time.ts'

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
  /** Takes in an evaluation. */
  add(snapshot: Snapshot): void
  /** What was recorded of a check or stop condition, one series for each unit. */
  of(kind: Kind, id: string): readonly Series[]
}

export type Kind = 'checks' | 'stops'

/**
 * Series that are held. With an hour of slots of 5 s one takes 5.8 kB, all of them 1.5 MB; a standard installation has
 * some 50.
 */
const seriesLimit = 256
/** Evaluations that follow each other more quickly than this are left out. */
const spacing: Millis = 500

interface Recorded extends Series {
  threshold: Threshold | undefined
  /** How bad the value in the open slot is. */
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
    add(snapshot) {
      const { at, gates } = snapshot
      const slot = Math.floor(at / interval)
      const turned = slot !== Math.floor(lastAt / interval)
      if (gates.size === 0 || (!turned && at - lastAt < spacing)) return
      since ??= slot
      lastAt = at
      if (turned) forget(snapshot)
      for (const [key, worst] of worstValues(snapshot)) put(key, slot, worst)
    },
    of: (kind, id) => [...(recorded.get(keyOf(kind, id))?.values() ?? [])],
  }
}

/** The worst value of each check and stop condition in each unit. */
function worstValues({ checks, stops }: Snapshot): readonly (readonly [string, Measured])[] {
  const of = (kind: Kind, statuses: Snapshot['checks'] | Snapshot['stops']) =>
    [...statuses.values()].flatMap((status) =>
      shownOf(status).map((worst) => [keyOf(kind, status.id), worst] as const),
    )
  return [...of('checks', checks), ...of('stops', stops)]
}

function keyOf(kind: Kind, id: string): string {
  return `${kind}/${id}`
}

function partsOf(key: string): readonly [kind: string, id: string] {
  const end = key.indexOf('/')
  return [key.slice(0, end), key.slice(end + 1)]
}
