import { type Punctuality, PUNCTUALITY_SPAN } from '../core/punctuality.ts'
import type { Millis } from '../core/time.ts'
import { oldestSample, sample, scheduled } from './processor-time.ts'
import { BEAT, Stalls } from './stalls.ts'

// A timer that fires says that time has passed, and not that this process could have heard an answer in it. What may
// be blamed on a target is therefore measured in own time: time in which the event loop turned. `monitorEventLoopDelay`
// of Node has a histogram of all delays; what is asked here is how much of the time of one attempt was lost.

/** Of the process: all that waits in it waits for the same loop. */
const stalls = new Stalls()
/** When the next beat is due that comes whether or not anything is waited for; infinite where nothing is measured. */
let idleAt = Infinity

/**
 * While nothing is waited for the loop is to turn at least so often: each turn costs 0.1 ms of CPU, and what stood still
 * meanwhile made nothing late.
 */
const IDLE_BEAT: Millis = PUNCTUALITY_SPAN / 40

/** Begins to measure. Before that, and in a process that never does, nothing is known to be lost. */
export function measureOwnTime(): { stop(): void } {
  let beats = 0
  function idle(): void {
    idleAt = performance.now() + IDLE_BEAT
    noteTurn()
    if (beats++ % 4 === 0) sample()
  }
  idleAt = performance.now() + IDLE_BEAT
  stalls.begin(performance.now(), dueAt())
  const beating = setInterval(idle, IDLE_BEAT).unref()
  sample()
  return {
    stop() {
      clearInterval(beating)
      idleAt = Infinity
      stalls.end()
    },
  }
}

/** The loop turns now. */
function noteTurn(): void {
  if (idleAt !== Infinity) stalls.beat(performance.now(), dueAt())
}

/** How much of the time since `from`, an instant of `performance.now()`, was lost. */
export function lostSince(from: Millis): Millis {
  return stalls.since(from, performance.now())
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
  const before = oldestSample()?.scheduled
  // Read from the kernel only where the cause is needed.
  const after = lost > 0 && before !== undefined ? scheduled() : undefined
  if (before === undefined || after === undefined) return base
  const share = Math.min(1, PUNCTUALITY_SPAN / (now - (oldestSample()?.at ?? now)))
  return {
    ...base,
    ran: share * (after.ran - before.ran),
    waited: share * (after.waited - before.waited),
  }
}

/** What waits for a span of own time to pass. */
interface Waiting {
  readonly startedAt: Millis
  readonly span: Millis
  readonly callback: () => void
  /** When it ends at the latest; known once the span has passed by the clock. */
  latest: Millis
  /** Set when it is over: what the sockets hold is read before the callback. */
  immediate?: NodeJS.Immediate
}

/**
 * While a span of this length or less passes the loop is watched closely. Watches and blocking reads wait for longer, and
 * always: what a beat each quarter of a second does not see is little of that.
 */
const CLOSELY: Millis = 5_000

/** All that waits, by one timer: with hundreds of looks under way each would otherwise have one of its own. */
const waiting = new Set<Waiting>()
/** How many of these are watched closely. */
let close = 0
let timer: NodeJS.Timeout | undefined
let timerAt = Infinity

/**
 * Calls back when `span` has passed in own time, or once more `span` after it has passed by the clock, so that even in
 * a process that hardly runs it ends. What has come by then and was not read is read before.
 *
 * @returns ends the waiting
 */
export function afterOwnTime(span: Millis, callback: () => void): () => void {
  const startedAt = performance.now()
  const one: Waiting = { startedAt, span, callback, latest: Infinity }
  waiting.add(one)
  if (span <= CLOSELY) close++
  wakeAt(Math.min(startedAt + span, beatAfter(startedAt)))
  return () => {
    if (one.immediate !== undefined) clearImmediate(one.immediate)
    if (waiting.has(one) && remove(one)) rest()
  }
}

/** Returns whether no other is left that is watched closely. */
function remove(one: Waiting): boolean {
  waiting.delete(one)
  if (one.span > CLOSELY) return waiting.size === 0
  close--
  return close === 0
}

function beatAfter(now: Millis): Millis {
  return close === 0 || idleAt === Infinity ? Infinity : now + BEAT
}

function wakeAt(at: Millis): void {
  if (at >= timerAt) return
  clearTimeout(timer)
  timerAt = at
  noteTurn()
  timer = setTimeout(wake, Math.max(0, at - performance.now()))
}

/** Nothing waits any more that is watched closely. */
function rest(): void {
  clearTimeout(timer)
  timerAt = Infinity
  let next = Infinity
  for (const { startedAt, span } of waiting) next = Math.min(next, startedAt + span)
  if (next === Infinity) noteTurn()
  else wakeAt(next)
}

function wake(): void {
  timerAt = Infinity
  noteTurn()
  const now = performance.now()
  let next = Infinity
  for (const one of waiting) {
    const left = leftOf(one, now)
    if (left >= 1) {
      next = Math.min(next, now + left)
      continue
    }
    remove(one)
    // Timers may come before what the sockets hold is read: an immediate comes after it.
    one.immediate = setImmediate(one.callback)
  }
  wakeAt(Math.min(next, beatAfter(now)))
}

/** How much of its time is left at `now`. */
function leftOf(one: Waiting, now: Millis): Millis {
  const left = one.startedAt + one.span - now
  // Timers are rarely exact to the millisecond.
  if (left >= 1) return left
  one.latest = Math.min(one.latest, now + one.span)
  return Math.min(left + lostSince(one.startedAt), one.latest - now)
}

/** When the loop is to turn next: what was to be done then was held up. */
function dueAt(): Millis {
  return Math.min(timerAt, idleAt)
}

/** The promise's value, or what `late` gives or throws when it takes longer than `span` of own time. */
export function withinOwnTime<Value, Late>(
  promise: Promise<Value>,
  span: Millis,
  late: () => Late,
): Promise<Value | Late> {
  return new Promise((resolve, reject) => {
    const cancel = afterOwnTime(span, () => {
      try {
        resolve(late())
      } catch (fault) {
        reject(fault)
      }
    })
    promise.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (fault: unknown) => {
        cancel()
        reject(fault)
      },
    )
  })
}

/** Runs with a signal that is aborted after `span` of own time; the waiting ends with the run. */
export async function signalledWithin<Value>(
  span: Millis,
  run: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController()
  const cancel = afterOwnTime(span, () => controller.abort(lateFault(span)))
  try {
    return await run(controller.signal)
  } finally {
    cancel()
  }
}

function lateFault(span: Millis): DOMException {
  return new DOMException(`not within ${span} ms`, 'TimeoutError')
}

/** A signal that is aborted after `span` of own time, like `AbortSignal.timeout` with its reason. */
export function ownTimeSignal(span: Millis): AbortSignal {
  const controller = new AbortController()
  afterOwnTime(span, () => controller.abort(lateFault(span)))
  return controller.signal
}
