import type { Instant } from '../core/time.ts'
import type { Point } from './point.ts'
import type { Replayed } from './replay.ts'

/** What a timeline says of at an instant. */
export type Aspect = 'verdict' | 'firing' | 'latched'

/** A span in which one timeline says something else than the other. */
export interface Difference {
  readonly what: Aspect
  /** Id of the stop condition; empty for the verdict. */
  readonly id: string
  readonly recorded: string
  readonly replayed: string
  readonly from: Instant
  readonly to: Instant
  /** Whether it lasted until the end of the recording. */
  readonly isOpen: boolean
}

export interface Differences {
  take(round: Pick<Replayed, 'at' | 'recorded' | 'replayed'>): void
  /** What follows begins anew: no span goes on beyond this instant. */
  breakOff(at: Instant): void
  /** Every span, in the order in which they ended. */
  spans(): readonly Difference[]
}

type Open = Omit<Difference, 'to' | 'isOpen'>

/** Compares two timelines round by round. */
export function newDifferences(): Differences {
  const spans: Difference[] = []
  const open = new Map<string, Open>()
  let last: Instant = 0
  return {
    take({ at, recorded, replayed }) {
      last = at
      const now = recorded === undefined ? [] : differing(recorded, replayed)
      const said = new Set(now.map(keyOf))
      for (const [key, one] of open) {
        if (said.has(key)) continue
        open.delete(key)
        spans.push({ ...one, to: at, isOpen: false })
      }
      for (const one of now) if (!open.has(keyOf(one))) open.set(keyOf(one), { ...one, from: at })
    },
    breakOff(at) {
      for (const one of open.values()) spans.push({ ...one, to: at, isOpen: false })
      open.clear()
    },
    spans: () => [...spans, ...[...open.values()].map((one) => ({ ...one, to: last, isOpen: true }))],
  }
}

function keyOf({ what, id, recorded, replayed }: Omit<Open, 'from'>): string {
  return JSON.stringify([what, id, recorded, replayed])
}

function differing(recorded: Point, replayed: Point): readonly Omit<Open, 'from'>[] {
  const verdict =
    recorded.verdict === replayed.verdict
      ? []
      : [{ what: 'verdict' as const, id: '', recorded: recorded.verdict, replayed: replayed.verdict }]
  return [
    ...verdict,
    ...members('firing', recorded.firing, replayed.firing),
    ...members('latched', recorded.latched, replayed.latched),
  ]
}

function members(what: Aspect, recorded: readonly string[], replayed: readonly string[]) {
  const ids = [...new Set([...recorded, ...replayed])]
  return ids
    .filter((id) => recorded.includes(id) !== replayed.includes(id))
    .map((id) => ({
      what,
      id,
      recorded: yesNo(recorded.includes(id)),
      replayed: yesNo(replayed.includes(id)),
    }))
}

function yesNo(is: boolean): string {
  return is ? 'yes' : 'no'
}
