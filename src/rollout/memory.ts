import { ofItsTime, withEvidence } from './evidence.ts'
import { append, type Event, type Ledger } from './ledger.ts'
import { isTold } from './merge-ledger.ts'
import { heldEvidence } from '../core/pushed.ts'
import { DETECTION, isActive, type Life, type Rollout } from '../core/rollout.ts'
import type { Observation } from '../core/observation.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Latch } from '../core/latch.ts'
import type { StopStatus } from '../core/stop.ts'
import type { Override } from '../core/waiver.ts'
import { shadowChanges } from './shadows.ts'
import { courseAfter, proofOf, type Course, type Proof, type Sight } from './proof.ts'
import { changesToTell } from './telling.ts'

/** A rollout that ended, with the stops that fired in it and its part of the ledger. */
export interface PastRollout {
  readonly rollout: Rollout
  readonly stops: Readonly<Record<string, Latch>>
  readonly ledger: Ledger
  /** What an export of it proves beside that; absent where an earlier version saw it end. */
  readonly proof?: Proof
}

/** Everything that evidence cannot rebuild and that therefore survives a restart. */
export interface Memory {
  readonly rollout?: Rollout
  readonly baselines: Readonly<Record<string, number>>
  readonly latches: Readonly<Record<string, Latch>>
  readonly firings: Readonly<Record<string, number>>
  readonly ledger: Ledger
  readonly history: readonly PastRollout[]
  /** Rollouts that have begun, oldest first: no id of them is given again. */
  readonly begun: readonly Life[]
  /** Evidence that was pushed and has its own expiry: one for each check, outcome, life of a rollout and digest. */
  readonly evidence: readonly Observation[]
  /** What a person has overridden, by the id of the item; what was ended stays until it would have. */
  readonly overrides?: Readonly<Record<string, Override>>
  /** Why the daemon itself may not say proceed, by id, until a rollout is declared. */
  readonly impediments?: Readonly<Record<string, string>>
  /** The verdicts of the rollout under way. */
  readonly course?: Course
}

/** Rollouts that are remembered. */
const KEPT = 20

export const nothingRemembered: Memory = {
  baselines: {},
  latches: {},
  firings: {},
  ledger: [],
  history: [],
  begun: [],
  evidence: [],
}

/**
 * What must be remembered of a snapshot, beside what was remembered before.
 * @param sight what of a rollout that ends can be seen, for its proof
 */
export function remember(
  memory: Memory,
  before: Snapshot,
  after: Snapshot,
  events: readonly Event[],
  sight: Sight = {},
): Memory {
  const changes = changesToTell(memory.ledger, before, after)
  const remedied = remedies(before, after).filter((change) => !isTold(memory.ledger, change))
  const shadows = shadowChanges(memory.ledger, before, after)
  const ledger = append(memory.ledger, [...events, ...shadows, ...changes, ...remedied])
  const history = finished(before.rollout, after.rollout)
    ? keep(memory, before, after, ledger, sight)
    : memory.history
  const course = courseAfter(memory.course, before, after)
  const latches = recordOf(after.stops, (status) => status.latch)
  const firings = recordOf(after.stops, (status) => (status.firings > 0 ? status.firings : undefined))
  const { rollout } = after
  return {
    ...(rollout !== undefined && { rollout }),
    baselines: moved(memory.baselines, before.baselines, after.baselines),
    latches,
    firings,
    ledger,
    history,
    begun: after.begun,
    evidence: heldEvidence(after),
    ...(after.overrides !== undefined &&
      after.overrides.size > 0 && { overrides: Object.fromEntries(after.overrides) }),
    ...(after.impediments.size > 0 && { impediments: Object.fromEntries(after.impediments) }),
    ...(course !== undefined && { course }),
  }
}

/** Latches that need no acknowledgement, since the rollout has made good what was wrong before it. */
function remedies(before: Snapshot, { at, stops, rollout }: Snapshot): readonly Event[] {
  return [...stops.values()].flatMap(({ id, latch }): Event[] => {
    const { acknowledged } = latch ?? {}
    const known = before.stops.get(id)?.latch?.acknowledged
    if (rollout === undefined || acknowledged?.actor !== DETECTION || known !== undefined) return []
    const { actor, reason: message } = acknowledged
    const subject = `stop-condition/${id}`
    const change = { from: 'latched', to: 'acknowledged', rollout: rollout.id, actor }
    return [{ at, kind: 'transition', subject, message, ...change }]
  })
}

/** What another replica of the daemon has dealt with, and this one has not seen yet, stays dealt with. */
function moved(
  baselines: Memory['baselines'],
  before: Snapshot['baselines'],
  after: Snapshot['baselines'],
): Memory['baselines'] {
  if (before === after) return baselines
  const next = new Map(Object.entries(baselines))
  for (const key of before.keys()) if (!after.has(key)) next.delete(key)
  for (const [key, value] of after) if (before.get(key) !== value) next.set(key, value)
  return Object.fromEntries(next)
}

function finished(before: Rollout | undefined, after: Rollout | undefined): before is Rollout {
  return isActive(before) && (!isActive(after) || after.id !== before.id)
}

function keep(
  { history, course = { turns: [], cut: true } }: Memory,
  before: Snapshot,
  after: Snapshot,
  ledger: Ledger,
  sight: Sight,
): readonly PastRollout[] {
  const { rollout } = before
  if (rollout === undefined) return history
  const past: PastRollout = {
    rollout:
      after.rollout?.id === rollout.id
        ? after.rollout
        : {
            ...rollout,
            phase: 'failed',
            finishedAt: after.at,
            ...(after.rollout !== undefined && { supersededBy: after.rollout.id }),
          },
    stops: recordOf(before.stops, (status) => status.latch),
    ledger: ledger.filter((entry) => entry.rollout === rollout.id),
    proof: proofOf(rollout, before, ledger, course, sight),
  }
  return [...history, past].slice(-KEPT)
}

function recordOf<T>(
  stops: Snapshot['stops'],
  pick: (status: StopStatus) => T | undefined,
): Readonly<Record<string, T>> {
  const entries = [...stops.values()].flatMap((status): [string, T][] => {
    const value = pick(status)
    return value === undefined ? [] : [[status.id, value]]
  })
  return Object.fromEntries(entries)
}

/**
 * A snapshot that knows what was remembered and nothing else: a latched stop stands, every state is unknown until
 * it is measured again.
 */
export function recall(empty: Snapshot, memory: Memory): Snapshot {
  const stops = new Map<string, StopStatus>()
  for (const id of new Set([...Object.keys(memory.latches), ...Object.keys(memory.firings)])) {
    const latch = memory.latches[id]
    const firings = memory.firings[id] ?? 0
    const none = { findings: [], streaks: new Map() }
    stops.set(id, {
      id,
      state: 'unknown',
      since: empty.at,
      firings,
      ...none,
      ...(latch !== undefined && { latch }),
    })
  }
  const { rollout, begun, evidence } = memory
  const baselines = new Map(Object.entries(memory.baselines))
  const impediments = new Map([...Object.entries(memory.impediments ?? {}), ...empty.impediments])
  const known = {
    ...empty,
    stops,
    baselines,
    impediments,
    begun,
    ...(rollout !== undefined && { rollout }),
    ...overridesIn(memory),
  }
  return ofItsTime(withEvidence(known, evidence), empty.at)
}

/** The overrides of a memory, as a snapshot has them. */
export function overridesIn({ overrides }: Pick<Memory, 'overrides'>): Pick<Snapshot, 'overrides'> {
  return overrides === undefined ? {} : { overrides: new Map(Object.entries(overrides)) }
}
