import type { Millis } from '../core/time.ts'
import { steadyClock } from './clock.ts'

/**
 * Time between two beats: the shortest interval that a configuration may ask for. All intervals of the probes are
 * multiples of it, so that attempts which began together stay together.
 */
export const BEAT: Millis = 50

/** More than these wait for the beat after: begun together they are 20 ms of work. */
const MOST = 200

/** Timers are exact to a millisecond. */
const EARLY: Millis = 1

/** Something that begins on a beat. */
export interface Beating {
  begin(): void
  /** The beat that it is planned for, or began on. */
  beat: number
}

/** The beat of what is not planned. */
export const NEVER = -1

/** How many beats an interval is; never shorter than the interval. */
export function beatsIn(interval: Millis): number {
  return Math.max(1, Math.ceil(interval / BEAT))
}

/**
 * Begins what is planned, all of one beat in one turn of the event loop: to wake up a process that sleeps costs more than
 * most of what it does then.
 */
export class Beats {
  /** Sets, since what is planned anew for the beat that it was planned for begins once. */
  readonly #planned = new Map<number, Set<Beating>>()
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Infinity

  /** The first beat that is yet to come. */
  get next(): number {
    return beatAt(steadyClock.now()) + 1
  }

  /** Plans it for this beat, or for the next one when that is over; instead of the beat that it was planned for. */
  plan(one: Beating, beat: number): void {
    this.#add(one, Math.max(beat, this.next))
    this.#wakeBy(one.beat)
  }

  /** Nothing begins any more. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#planned.clear()
    this.#wakesAt = -Infinity
  }

  #add(one: Beating, beat: number): void {
    one.beat = beat
    const others = this.#planned.get(beat)
    if (others === undefined) this.#planned.set(beat, new Set([one]))
    else others.add(one)
  }

  #wakeBy(beat: number): void {
    if (beat >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = beat
    const wait = Math.ceil(beat * BEAT - steadyClock.now())
    this.#timer = setTimeout(() => this.#begin(), Math.max(1, wait))
  }

  #begin(): void {
    this.#wakesAt = Infinity
    const now = beatAt(steadyClock.now() + EARLY)
    const due = [...this.#planned.keys()].filter((beat) => beat <= now).toSorted((a, b) => a - b)
    let room = MOST
    for (const beat of due) {
      const all = this.#planned.get(beat) ?? []
      this.#planned.delete(beat)
      for (const one of all) {
        // It may have been planned anew, or be planned no more.
        if (one.beat !== beat) continue
        if (room-- > 0) one.begin()
        else this.#add(one, now + 1)
      }
    }
    this.#wakeBy(Math.min(...this.#planned.keys()))
  }
}

function beatAt(now: Millis): number {
  return Math.floor(now / BEAT)
}
