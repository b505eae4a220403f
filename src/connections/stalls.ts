import type { Millis } from '../core/time.ts'

/** A time in which the event loop stood still, by the steady clock. */
interface Stall {
  readonly from: Millis
  readonly to: Millis
}

/** While anything is waited for a beat is due so often: well below the 100 ms that a quota of CPU counts in. */
export const BEAT: Millis = 40

/** A beat that comes later than this was held up; timers are rarely exact to the millisecond. */
const TOLERANCE: Millis = 30

/** How far back stalls are known: twice the longest deadline of an attempt, and a while. */
const KEPT: Millis = 30_000

/**
 * When the event loop stood still, told by beats that came later than they were due. All that stops a process shows in
 * them alike: its own work, a CPU that others have, a quota, a signal, a frozen control group.
 */
export class Stalls {
  readonly #stalls: Stall[] = []
  #due: Millis | undefined
  #total = 0

  /** Beats are to come from `now` on: the first of them may be late too. */
  begin(now: Millis, due: Millis = now + BEAT): void {
    this.#due = due
  }

  /** No more beats come. */
  end(): void {
    this.#due = undefined
  }

  /** The loop turns at `now`, and is to turn again at `due` at the latest. */
  beat(now: Millis, due: Millis = now + BEAT): void {
    const stall = this.#current(now)
    this.#due = due
    if (stall === undefined) return
    this.#stalls.push(stall)
    this.#total += stall.to - stall.from
    while ((this.#stalls[0]?.to ?? now) < now - KEPT) this.#stalls.shift()
  }

  /** All that was lost up to `now`; never falls. */
  total(now: Millis): Millis {
    return this.#total + lengthOf(this.#current(now))
  }

  /** How much of the time from `from` to `now` was lost. */
  since(from: Millis, now: Millis): Millis {
    return this.#within(from, now).reduce((sum, stall) => sum + lengthOf(stall), 0)
  }

  /** The longest time that was lost in one piece between `from` and `now`. */
  longest(from: Millis, now: Millis): Millis {
    return this.#within(from, now).reduce((most, stall) => Math.max(most, lengthOf(stall)), 0)
  }

  #within(from: Millis, now: Millis): readonly Stall[] {
    const current = this.#current(now)
    const all = current === undefined ? this.#stalls : [...this.#stalls, current]
    return all.filter(({ to }) => to > from).map((stall) => ({ ...stall, from: Math.max(stall.from, from) }))
  }

  /** The stall that is not over, or of which the beat after it has yet to come. None where no beats are to come. */
  #current(now: Millis): Stall | undefined {
    if (this.#due === undefined) return undefined
    return now - this.#due > TOLERANCE ? { from: this.#due, to: now } : undefined
  }
}

function lengthOf(stall: Stall | undefined): Millis {
  return stall === undefined ? 0 : stall.to - stall.from
}
