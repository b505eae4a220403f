import { atMost } from '../../../src/core/claim.ts'
import { type Condition } from '../../../src/core/finding.ts'
import type { Batch } from '../../../src/core/observation.ts'
import { targetOf, type Piece } from '../../../src/core/pushed.ts'
import { isActive } from '../../../src/core/rollout.ts'
import { gauge, read } from '../../../src/core/signal.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import type { Instant } from '../../../src/core/time.ts'
import { adopt, latchStanding } from '../../../src/rollout/adoption.ts'
import { takeEvidence } from '../../../src/rollout/evidence.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import type { Result } from '../../../src/rollout/commands.ts'
import { nothingRemembered, recall, type Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { aBatch, aTarget, saw } from '../../support/timeline.ts'
import { aStop, depth, nothingArrives, smallRules } from '../core/small-rules.ts'

const height = gauge('small_height', 'entries', [], { help: 'How high it is.' })

const low: Condition = {
  claims: 'nothing is high',
  signals: [height],
  judge: (evidence) =>
    atMost(
      evidence.of(height),
      height,
      { trip: 10, clear: 5 },
      { reason: 'high', describe: ({ reading }, key) => `${key} is ${reading.value} high` },
    ),
}

/** One stop condition that counts events, and one about what stands. */
const rules = smallRules({
  gates: [],
  stops: [
    aStop({ id: 'arrivals', kind: 'edge', condition: nothingArrives }),
    aStop({ id: 'high', condition: low }),
  ],
  providers: new Map([
    [depth.name, 'small'],
    [height.name, 'small'],
  ]),
})

/** What there is to be seen, by whoever looks. */
export interface Reality {
  readonly arrived: number
  readonly height: number
}

/** Where the state is, with a version that each write changes. */
export interface Shelf {
  version: number
  memory: Memory
}

/** A replica of the daemon: what it believes and remembers, and what it last knew to be kept. */
export interface Replica {
  readonly held: Evaluated
  readonly base: Memory
  readonly version: number
}

export function started(shelf: Shelf, at: Instant): Replica {
  const memory = copyOf(shelf.memory)
  const snapshot = recall(initialSnapshot(at, rules), memory)
  return { held: { snapshot, memory }, base: memory, version: shelf.version }
}

export function looks(replica: Replica, { arrived, height: high }: Reality, at: Instant): Replica {
  const target = aTarget('a')
  const batch = aBatch('small', at, [saw(target, at, [read(depth, {}, arrived), read(height, {}, high)])])
  return advanced(replica, [batch], at)
}

export function isTold(
  replica: Replica,
  command: (snapshot: Snapshot) => Result,
  at: Instant,
): { readonly replica: Replica; readonly ok: boolean } {
  const result = command(replica.held.snapshot)
  if (!result.ok) return { replica, ok: false }
  const news = { now: at, batches: [], commanded: result.snapshot, events: result.events }
  return { ok: true, replica: { ...replica, held: evaluate(replica.held, news, rules, 'small') } }
}

/** A pipeline pushes evidence to this replica: about the rollout under way there, or about none. */
export function takesEvidence(
  replica: Replica,
  check: string,
  at: Instant,
  says: Partial<Piece> = {},
): Replica {
  return isTold(
    replica,
    (snapshot) => {
      const { rollout } = snapshot
      const about = isActive(rollout) ? { rollout: rollout.id, life: rollout.startedAt } : {}
      const target = targetOf({ check, outcome: 'pass', issued: at, since: at, ...about, ...says })
      const event = { at, kind: 'evidence' as const, subject: check, message: 'pass' }
      return { ok: true, snapshot: takeEvidence(snapshot, saw(target, at, [], [], 600_000)), events: [event] }
    },
    at,
  ).replica
}

function advanced(replica: Replica, batches: readonly Batch[], now: Instant): Replica {
  return { ...replica, held: evaluate(replica.held, { now, batches }, rules, 'small') }
}

/** Learns what another has written, as the engine does. */
export function hears(replica: Replica, shelf: Shelf, at: Instant): Replica {
  if (shelf.version === replica.version) return replica
  const theirs = copyOf(shelf.memory)
  const memory = merge(replica.base, replica.held.memory, theirs)
  const snapshot = adopt(replica.held.snapshot, memory)
  const news = { now: Math.max(at, snapshot.at), batches: [], commanded: latchStanding(snapshot) }
  return { held: evaluate({ snapshot, memory }, news, rules, 'small'), base: theirs, version: shelf.version }
}

/** Writes, after having heard what it would overwrite. */
export function writes(replica: Replica, shelf: Shelf, at: Instant): Replica {
  const current = hears(replica, shelf, at)
  const { memory } = current.held
  if (same(memory, shelf.memory)) return current
  shelf.version += 1
  shelf.memory = copyOf(memory)
  return { ...current, base: memory, version: shelf.version }
}

export function emptyShelf(): Shelf {
  return { version: 0, memory: nothingRemembered }
}

export function copyOf(memory: Memory): Memory {
  return JSON.parse(JSON.stringify(memory))
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

/** A value as text, whatever the order of its keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
