import { readFileSync } from 'node:fs'
import { type Punctuality, PUNCTUALITY_SPAN } from '../core/punctuality.ts'
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

/** How far back stalls are known: twice the longest deadline of an attempt, and a while. */
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

// A timer that fires says that time has passed, and not that this process could have heard an answer in it. What may
// be blamed on a target is therefore measured in own time: time in which the event loop turned. `monitorEventLoopDelay`
// of Node has a histogram of all delays; what is asked here is how much of the time of one attempt was lost.

/** Of the process: all that waits in it waits for the same loop. */
const stalls = new Stalls()
let usage: { readonly at: Millis; readonly scheduled: Scheduled | undefined }[] = []

/** What the kernel says of the main thread since it began. */
interface Scheduled {
  readonly ran: Millis
  readonly waited: Millis
}

/** Begins to measure. Before that, and in a process that never does, nothing is known to be lost. */
export function measureOwnTime(): { stop(): void } {
  stalls.begin(performance.now())
  const beating = setInterval(() => stalls.beat(performance.now()), BEAT).unref()
  const sampling = setInterval(sample, PUNCTUALITY_SPAN / 10).unref()
  sample()
  return {
    stop() {
      clearInterval(beating)
      stalls.end()
      clearInterval(sampling)
    },
  }
}

function sample(): void {
  const at = performance.now()
  const oldest = usage.findLastIndex((one) => at - one.at >= PUNCTUALITY_SPAN)
  usage = [...usage.slice(Math.max(0, oldest)), { at, scheduled: scheduled() }]
}

/** How much of the time since `from`, an instant of `performance.now()`, was lost. */
export function lostSince(from: Millis): Millis {
  return stalls.since(from, performance.now())
}

/** For how much of the time since `from` the main thread waited for a CPU; 0 where the kernel does not say. */
export function waitedSince(from: Millis): Millis {
  const base = usage.findLast((one) => one.at <= from) ?? usage[0]
  const [before, after] = [base?.scheduled, scheduled()]
  if (base === undefined || before === undefined || after === undefined) return 0
  const now = performance.now()
  return (after.waited - before.waited) * Math.min(1, (now - from) / (now - base.at))
}

/** What was lost since the measuring began, and waited for a CPU since the process began. */
export function ownTimeTotals(): { readonly lost: Millis; readonly waited?: Millis } {
  const waited = scheduled()?.waited
  return { lost: stalls.total(performance.now()), ...(waited !== undefined && { waited }) }
}

/** How punctual this process was in the last seconds. */
export function punctuality(): Punctuality {
  const now = performance.now()
  const from = now - PUNCTUALITY_SPAN
  const lost = stalls.since(from, now)
  const base = { lost, longest: stalls.longest(from, now) }
  const before = usage[0]?.scheduled
  // Read from the kernel only where the cause is needed.
  const after = lost > 0 && before !== undefined ? scheduled() : undefined
  if (before === undefined || after === undefined) return base
  const share = Math.min(1, PUNCTUALITY_SPAN / (now - (usage[0]?.at ?? now)))
  return {
    ...base,
    ran: share * (after.ran - before.ran),
    waited: share * (after.waited - before.waited),
  }
}

/** Undefined where the kernel keeps no such count (CONFIG_SCHED_INFO), and where there is no such kernel. */
function scheduled(): Scheduled | undefined {
  let text: string
  try {
    text = readFileSync('/proc/self/schedstat', 'utf8')
  } catch {
    return undefined
  }
  const [ran, waited] = text.split(' ').map((field) => Number(field) / 1e6)
  return ran === undefined || waited === undefined || !(ran > 0) ? undefined : { ran, waited }
}

/**
 * Calls back when `span` has passed in own time, or once more `span` after it has passed by the clock, so that even in
 * a process that hardly runs it ends. What has come by then and was not read is read before.
 *
 * @returns ends the waiting
 */
export function afterOwnTime(span: Millis, callback: () => void): () => void {
  const startedAt = performance.now()
  let latest = Infinity
  let immediate: NodeJS.Immediate | undefined
  let timer = setTimeout(due, span)

  function due(): void {
    const now = performance.now()
    latest = Math.min(latest, now + span)
    const left = Math.min(span + lostSince(startedAt) - (now - startedAt), latest - now)
    // Timers may come before what the sockets hold is read: an immediate comes after it.
    if (left < 1) immediate = setImmediate(callback)
    else timer = setTimeout(due, left)
  }

  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}

/** The promise's value, or what `late` gives or throws when it takes longer than `span` of own time. */
export async function withinOwnTime<Value, Late>(
  promise: Promise<Value>,
  span: Millis,
  late: () => Late,
): Promise<Value | Late> {
  const over = Promise.withResolvers<void>()
  const cancel = afterOwnTime(span, over.resolve)
  try {
    return await Promise.race([promise, over.promise.then(late)])
  } finally {
    cancel()
  }
}

/** A signal that is aborted after `span` of own time, like `AbortSignal.timeout` with its reason. */
export function ownTimeSignal(span: Millis): AbortSignal {
  const controller = new AbortController()
  afterOwnTime(span, () => controller.abort(new DOMException(`not within ${span} ms`, 'TimeoutError')))
  return controller.signal
}
