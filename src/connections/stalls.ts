import type { Millis } from '../core/time.ts'

/** A time in which the event loop stood still, by the steady clock. */
interface Stall {
  readonly from: Millis
  readonly to: Millis
}

/** A beat is due so often: well below the 100 ms that a quota of CPU counts in, and for 2 ms of CPU a second. */
export const BEAT: Millis = 40

/** A beat that comes later than this was held up; timers are rarely exact to the millisecond. */
const TOLERANCE: Millis = 30

/** How far back stalls are known: twice the longest deadline of a look, and a while. */
const KEPT: Millis = 30_000

/**
 * When the event loop stood still, told by the gaps between beats. All that stops a process shows in them alike: its own
 * work, a CPU that others have, a quota, a signal, a frozen control group.
 */
export class Stalls {
  readonly #stalls: Stall[] = []
  #last: Millis | undefined
  #total = 0

  /** Beats are to come from `now` on: the first of them may be late too. */
  begin(now: Millis): void {
    this.#last = now
  }

  /** No more beats come. */
  end(): void {
    this.#last = undefined
  }

  /** The loop turns at `now`. */
  beat(now: Millis): void {
    const stall = this.#current(now)
    this.#last = now
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
    if (this.#last === undefined) return undefined
    const due = this.#last + BEAT
    return now - due > TOLERANCE ? { from: due, to: now } : undefined
  }
}

function lengthOf(stall: Stall | undefined): Millis {
  return stall === undefined ? 0 : stall.to - stall.from
}
