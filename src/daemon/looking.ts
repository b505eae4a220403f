import type { Batch, Target } from '../core/observation.ts'
import { SECOND, type Clock, type Millis } from '../core/time.ts'
import { ProbeError, type Look, type Probe, type Watch } from '../probes/probe.ts'
import { observe, outcomeSince, type LastSeen, type OnFault } from '../probes/observe.ts'
import { reasonsOf } from '../probes/declaration.ts'
import { anyReasons } from '../probes/reasons.ts'
import { BEAT, Beats, beatsIn, NEVER, type Beating } from './beats.ts'
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

/**
 * No outcome is believed for longer, unless its target is asked more seldom still. These are the longest that three of the
 * API's intervals came to when it was asked every 5 s brisk and every 15 s quiet.
 */
const OLDEST: Readonly<Record<Cadence, Millis>> = { brisk: 22 * SECOND, quiet: 51 * SECOND }

/**
 * Of the targets that come at once so many are asked first on one beat, and the next on the beat after, so that hundreds
 * of replicas do not stay on one beat.
 */
const TOGETHER = 40

/** One target of one probe, and the beat of its next or its last attempt. */
interface Turn extends Beating {
  readonly probe: Listed
  readonly target: Target
  /** The beat of the last attempt, which is under way for as long as no other is planned. */
  last?: number
  ended: boolean
  readonly lastSeen: LastSeen
}

interface Schedule extends LookingOptions {
  readonly probes: readonly Listed[]
  readonly beats: Beats
  readonly turns: Map<string, Turn>
}

/**
 * Probes every target of every probe, each at its own pace and never twice at once, so that a target that hangs
 * costs only its own observations.
 */
export function startLooking(given: LookingOptions): Looking {
  const probes = given.probes.map((probe) => contained(probe, given.onFault))
  const schedule: Schedule = { ...given, probes, beats: new Beats(), turns: new Map() }
  const { beats, turns } = schedule
  const stopped = new AbortController()
  relistAll(schedule)
  // Also of a probe that has none: before a reload it may have had some.
  for (const probe of probes) if (probe.listed().length === 0) list(probe, schedule)
  const relisting: Beating = {
    beat: NEVER,
    begin() {
      relistAll(schedule)
      beats.plan(relisting, relisting.beat + beatsIn(RELIST))
    },
  }
  beats.plan(relisting, beats.next + beatsIn(RELIST))
  const following = given.watches.flatMap((watch) =>
    watch.targets().map((target) => follow(watch, target, given, stopped.signal)),
  )
  return {
    relist: () => relistAll(schedule),
    hurry() {
      // Never sooner than its interval: what a service grants in a minute is not spent on a change of cadence. And never
      // later than planned: what was seen last is believed until then.
      for (const turn of turns.values())
        if (turn.last !== undefined && turn.last !== turn.beat)
          beats.plan(turn, Math.min(turn.beat, nextOf(turn, schedule)))
    },
    async stop() {
      beats.stop()
      stopped.abort()
      for (const turn of turns.values()) end(turn)
      turns.clear()
      await Promise.all(following)
    },
  }
}

/** A probe that throws only where it is awaited, and keeps the list of its targets. */
interface Listed extends Probe {
  /** The targets when they were last asked for; the same list for as long as none came or went. */
  listed(): readonly Target[]
}

/**
 * While the probe can't say which targets there are the last ones stay, and each of them can't be seen: others may be
 * missing.
 */
function contained(probe: Probe, onFault: OnFault): Listed {
  let last: readonly Target[] = []
  let isAtFault = false
  return {
    ...probe,
    listed: () => last,
    targets() {
      try {
        const targets = probe.targets()
        if (!areSame(targets, last)) last = targets
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

function areSame(some: readonly Target[], others: readonly Target[]): boolean {
  return some.length === others.length && some.every((target, n) => target === others[n])
}

/** Delivers which targets there are, before the first attempt. */
function list(probe: Listed, { clock, deliver }: LookingOptions): void {
  deliver({ probe: probe.name, at: clock.now(), targets: probe.listed(), observations: [] })
}

function relistAll(schedule: Schedule): void {
  const before = schedule.turns.size
  for (const probe of schedule.probes) if (relist(probe, schedule, before)) list(probe, schedule)
}

/**
 * Begins with targets that came and ends with those that went. Returns whether there were any.
 * @param before how many turns there were before all that came now
 */
function relist(probe: Listed, schedule: Schedule, before: number): boolean {
  const { turns, beats } = schedule
  const known = probe.listed()
  const targets = probe.targets()
  if (targets === known) return false
  const ids = new Set(targets.map((target) => target.id))
  let changed = false
  for (const target of targets) {
    const key = `${probe.name} ${target.id}`
    if (turns.has(key)) continue
    const begin = () => void take(turn, schedule)
    const turn: Turn = { probe, target, beat: NEVER, ended: false, begin, lastSeen: {} }
    beats.plan(turn, beats.next + Math.floor((turns.size - before) / TOGETHER))
    turns.set(key, turn)
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

async function take(turn: Turn, schedule: Schedule): Promise<void> {
  const { probe, target } = turn
  const { clock, deliver, onFault, beats } = schedule
  turn.last = turn.beat
  const seen = await observe(probe, target, clock, 0, onFault, turn.lastSeen)
  if (turn.ended) return
  // The cadence may have changed during the attempt: one interval says both how long it is worth and when the next is.
  const pace = probe.pace(target)
  const cadence = schedule.cadence()
  const validFor = validityOf(pace[cadence], pace.timeout, cadence)
  deliver({ probe: probe.name, at: seen.at, targets: probe.listed(), observations: [{ ...seen, validFor }] })
  beats.plan(turn, nextOf(turn, schedule))
}

/** For how long an outcome may be believed: for three intervals or the longest, but always until the next has ended. */
export function validityOf(interval: Millis, timeout: Millis, cadence: Cadence): Millis {
  const attempt = timeout + SLACK
  return Math.min(3 * interval + attempt, Math.max(OLDEST[cadence], interval + BEAT + attempt))
}

/** The beat of the attempt after the last one, at the pace of now. */
function nextOf({ probe, target, last = 0 }: Turn, { cadence }: Schedule): number {
  return last + beatsIn(probe.pace(target)[cadence()])
}

function end(turn: Turn): void {
  turn.ended = true
  turn.beat = NEVER
}

async function follow(
  watch: Watch,
  target: Target,
  { clock, deliverNow: deliver, onFault }: LookingOptions,
  stop: AbortSignal,
): Promise<void> {
  deliver({ probe: watch.name, at: clock.now(), targets: watch.targets(), observations: [] })
  const last: LastSeen = {}
  let since = steadyClock.now()
  function take(seen: Look | ProbeError): void {
    if (stop.aborted) return
    const { validFor } = watch
    const outcome = outcomeSince(since, target, seen, last)
    since = steadyClock.now()
    const at = clock.now()
    const observation = { target, at, took: 0, validFor, outcome }
    deliver({ probe: watch.name, at, targets: watch.targets(), observations: [observation] })
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
