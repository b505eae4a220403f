import type { Millis } from '../core/time.ts'
import { steadyClock } from './clock.ts'

/** Runs of one task, one after the other, at the times that are asked for; what is asked meanwhile comes together. */
export interface RepeatingTask {
  /** Runs the task after `wait` at the latest. */
  plan(wait: Millis): void
  /** The same; resolves after the run that begins then. */
  planned(wait: Millis): Promise<void>
  /** Ends after the run that is under way. */
  close(): Promise<void>
}

/** @param task never rejects; what it gives is how long after it the next run is due anyway, or undefined */
export function repeat(task: () => Promise<Millis | undefined>): RepeatingTask {
  let dueAt = Infinity
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let waiting: (() => void)[] = []
  let closed = false

  async function run(): Promise<void> {
    const covered = waiting
    waiting = []
    dueAt = Infinity
    const wait = await task()
    running = undefined
    for (const done of covered) done()
    plan(wait ?? Infinity)
  }

  function plan(wait: Millis): void {
    dueAt = Math.min(dueAt, steadyClock.now() + Math.max(0, wait))
    clearTimeout(timer)
    if (running !== undefined || dueAt === Infinity || closed) return
    timer = setTimeout(() => void (running ??= run()), Math.max(0, dueAt - steadyClock.now()))
  }

  return {
    plan,
    planned(wait) {
      if (closed) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      plan(wait)
      return promise
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await running
      for (const done of waiting) done()
    },
  }
}

/** Tasks one after the other, in the order in which they were asked for. */
export interface Turns {
  /** Runs the task when all before it have ended; one that fails holds up none. */
  next<T>(task: () => Promise<T>): Promise<T>
}

export function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    next(task) {
      const ended = last.then(task)
      last = ended.catch(() => undefined)
      return ended
    },
  }
}
