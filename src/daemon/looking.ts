import type { Observation, Batch, Target } from '../core/observation.ts'
import type { Clock, Millis } from '../core/time.ts'
import {
  ProbeError,
  observe,
  outcomeSince,
  type Look,
  type OnFault,
  type Probe,
  type Watch,
} from '../probes/probe.ts'
import { reasonsOf } from '../probes/declaration.ts'
import { anyReasons } from '../probes/reasons.ts'
import type { Cadence } from './cadence.ts'
import { steadyClock } from './clock.ts'

export interface Looking {
  /** The cadence became brisk: attempts that were due later are made soon. */
  hurry(): void
  /** Targets may have come or gone: does at once what is done every second anyhow. */
  relist(): void
  /** Ends all looking; resolves when no watch runs any more. */
  stop(): Promise<void>
}

export interface LookingOptions {
  readonly probes: readonly Probe[]
  readonly watches: readonly Watch[]
  readonly clock: Clock
  readonly cadence: () => Cadence
  /** Takes what a poll brought. */
  readonly deliver: (batch: Batch) => void
  /** Takes what was pushed, which nothing may delay. */
  readonly deliverNow: (batch: Batch) => void
  readonly onFault: OnFault
}

const why = reasonsOf(anyReasons)

/** How often it is checked whether targets came or went. */
const RELIST: Millis = 1_000

/** Slack for a busy event loop before an observation counts as stale. */
const SLACK: Millis = 1_000

/** First attempts are spread over this time. */
const SPREAD: Millis = 250

/** One target of one probe, and when its next attempt is. */
interface Turn {
  readonly probe: Probe
  readonly target: Target
  timer?: NodeJS.Timeout
  /** By the steady clock. */
  startedAt?: Millis
  ended: boolean
}

/**
 * Probes every target of every probe, each at its own pace and never twice at once, so that a target that hangs
 * costs only its own observations.
 */
export function startLooking(given: LookingOptions): Looking {
  const options = { ...given, probes: given.probes.map((probe) => contained(probe, given.onFault)) }
  const stopped = new AbortController()
  const turns = new Map<string, Turn>()
  const relistAll = () => {
    for (const probe of options.probes) if (relist(probe, turns, options)) list(probe, options)
  }
  relistAll()
  // Also of a probe that has none: before a reload it may have had some.
  for (const probe of options.probes) if (probe.targets().length === 0) list(probe, options)
  const relisting = setInterval(relistAll, RELIST)
  const following = options.watches.flatMap((watch) =>
    watch.targets().map((target) => follow(watch, target, options, stopped.signal)),
  )
  return {
    relist: relistAll,
    hurry() {
      for (const turn of turns.values()) {
        if (turn.timer === undefined) continue
        clearTimeout(turn.timer)
        // Never sooner than its interval: what a service grants in a minute is not spent on a change of cadence.
        schedule(turn, (turn.startedAt ?? 0) + intervalOf(turn, options) - steadyClock.now(), options)
      }
    },
    async stop() {
      clearInterval(relisting)
      stopped.abort()
      for (const turn of turns.values()) end(turn)
      turns.clear()
      await Promise.all(following)
    },
  }
}

/**
 * The same probe, which throws only where it is awaited. While it can't say which targets there are the last ones
 * stay, and each of them can't be seen: others may be missing.
 */
function contained(probe: Probe, onFault: OnFault): Probe {
  let last: readonly Target[] = []
  let isAtFault = false
  return {
    ...probe,
    targets() {
      try {
        last = probe.targets()
        isAtFault = false
      } catch (fault) {
        if (!isAtFault) onFault(probe.name, 'targets', fault)
        isAtFault = true
      }
      return last
    },
    look(target, deadline) {
      if (!isAtFault) return probe.look(target, deadline)
      const message = `${probe.name} could not find out which targets there are`
      return Promise.reject(new ProbeError(why('malformed', 'targets_unknown', message)))
    },
  }
}

/** Delivers which targets there are, before the first attempt. */
function list(probe: Probe, { clock, deliver }: LookingOptions): void {
  deliver({ probe: probe.name, at: clock.now(), targets: probe.targets(), observations: [] })
}

/** Begins with targets that came and ends with those that went. Returns whether there were any. */
function relist(probe: Probe, turns: Map<string, Turn>, options: LookingOptions): boolean {
  const targets = probe.targets()
  const ids = new Set(targets.map((target) => target.id))
  let changed = false
  for (const target of targets) {
    const key = `${probe.name} ${target.id}`
    if (turns.has(key)) continue
    const turn: Turn = { probe, target, ended: false }
    turns.set(key, turn)
    schedule(turn, Math.random() * SPREAD, options)
    changed = true
  }
  for (const [key, turn] of turns) {
    if (turn.probe !== probe || ids.has(turn.target.id)) continue
    end(turn)
    turns.delete(key)
    changed = true
  }
  return changed
}

async function take(turn: Turn, options: LookingOptions): Promise<void> {
  const { clock, deliver, onFault } = options
  const startedAt = steadyClock.now()
  turn.startedAt = startedAt
  const seen = await observe(turn.probe, turn.target, clock, 0, onFault)
  if (turn.ended) return
  // The cadence may have changed during the attempt: one interval says both how long it is worth and when the next is.
  const interval = intervalOf(turn, options)
  const validFor = 3 * interval + turn.probe.pace(turn.target).timeout + SLACK
  deliver(batchOf(turn.probe, { ...seen, validFor }))
  schedule(turn, startedAt + interval - steadyClock.now(), options)
}

function schedule(turn: Turn, wait: Millis, options: LookingOptions): void {
  // A tenth of jitter keeps attempts at many replicas from falling into one tick.
  const delay = Math.max(0, wait * (0.95 + Math.random() * 0.1))
  turn.timer = setTimeout(() => {
    delete turn.timer
    void take(turn, options)
  }, delay)
}

function intervalOf({ probe, target }: Turn, { cadence }: LookingOptions): Millis {
  return probe.pace(target)[cadence()]
}

function end(turn: Turn): void {
  turn.ended = true
  clearTimeout(turn.timer)
}

function batchOf(probe: Pick<Probe, 'name' | 'targets'>, observation: Observation): Batch {
  return { probe: probe.name, at: observation.at, targets: probe.targets(), observations: [observation] }
}

async function follow(
  watch: Watch,
  target: Target,
  { clock, deliverNow: deliver, onFault }: LookingOptions,
  stop: AbortSignal,
): Promise<void> {
  deliver({ probe: watch.name, at: clock.now(), targets: watch.targets(), observations: [] })
  let since = steadyClock.now()
  function take(seen: Look | ProbeError): void {
    if (stop.aborted) return
    const { validFor } = watch
    const outcome = outcomeSince(since, target, seen)
    since = steadyClock.now()
    deliver(batchOf(watch, { target, at: clock.now(), took: 0, validFor, outcome }))
  }
  try {
    await watch.follow(target, take, stop)
  } catch (fault) {
    onFault(watch.name, target.id, fault)
    take(
      new ProbeError(
        why('malformed', 'watch_ended', `${watch.name} stopped watching ${target.id} because of a fault`),
      ),
    )
  }
}
