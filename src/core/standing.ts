import { momentAt, type NotedMoment } from './moment.ts'
import { isSame } from './same.ts'
import type { Instant } from './time.ts'

/** A value, and until when it is what it is while all that it was made from is the same. */
interface Standing {
  readonly value: unknown
  readonly from: readonly unknown[]
  readonly due: Instant
}

/** By what the value is about: its check, stop condition or gate, or a name. */
export type Standings = ReadonlyMap<unknown, Standing>

/** Makes the values of one step, each only where something that it is made from or the time gives another one. */
export interface Remaking {
  /**
   * @param subject what the value is about
   * @param before the value of the step before, which stays the same object while it says the same
   * @param from all that it is made from but `before` and the moment; told apart by identity
   * @param make must give the same for the same; asks of time through the moment alone, but for dates of what is new
   */
  value<T>(
    subject: unknown,
    before: T | undefined,
    from: readonly unknown[],
    make: (moment: NotedMoment) => T,
  ): T
  /** For the step after this one. */
  readonly standings: Standings
  /**
   * When the first of the values may be another by time alone. A value that came out other than it was is made once more,
   * since it is made from itself: it stands only when that gives the same.
   */
  readonly due: () => Instant
}

/** @param anew set where nothing of before counts, for what stood was broken by a gap */
export function remaking(before: Standings | undefined, now: Instant, anew: boolean): Remaking {
  const standings = new Map<unknown, Standing>()
  let due = Infinity
  return {
    standings,
    due: () => due,
    value(subject, previous, from, make) {
      const known = anew ? undefined : before?.get(subject)
      const holds = known?.value === previous && now < (known?.due ?? -Infinity) && areSame(known?.from, from)
      if (known !== undefined && previous !== undefined && holds) {
        standings.set(subject, known)
        due = Math.min(due, known.due)
        return previous
      }
      const moment = momentAt(now)
      const made = make(moment)
      const isSettled = previous !== undefined && isSame(made, previous)
      const value = isSettled ? previous : made
      const next: Standing = { value, from, due: isSettled ? moment.due() : -Infinity }
      standings.set(subject, next)
      due = Math.min(due, next.due)
      return value
    },
  }
}

function areSame(a: readonly unknown[] = [], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, n) => one === b[n])
}

/** A map of these values; the one of before where it holds the same values in the same order. */
export function mapOf<V extends { readonly id: string }>(
  before: ReadonlyMap<string, V>,
  values: readonly V[],
): ReadonlyMap<string, V> {
  const held = before.size === values.length ? [...before.values()] : []
  if (held.length === values.length && values.every((value, n) => value === held[n])) return before
  return new Map(values.map((value) => [value.id, value]))
}
