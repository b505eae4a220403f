import fc from 'fast-check'
import type { Batch } from '../../../src/core/observation.ts'
import type { Reading } from '../../../src/core/signal.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import type { Instant } from '../../../src/core/time.ts'
import { acknowledge, begin, type Result } from '../../../src/rollout/commands.ts'
import type { Moment } from '../../support/timeline.ts'
import { healthyWorld, batchesOf, type Place, type World } from '../rules/platform-world.ts'

/** Something that is other than well, or other than it was. */
export type Damage =
  | { readonly kind: 'value'; readonly place: number; readonly reading: number; readonly value: number }
  | { readonly kind: 'blind'; readonly place: number; readonly reading: number }
  | { readonly kind: 'silent'; readonly place: number; readonly reading: number }
  | { readonly kind: 'failing'; readonly place: number }
  | { readonly kind: 'gone'; readonly place: number }
  | { readonly kind: 'odd-version'; readonly version: string }

export const healthy = healthyWorld()

// Around every threshold of the default limits.
const values = [0, 0.5, 1, 2, 6, 8, 46, 50, 61, 71, 200, 301, 400, 600, 880, 950, 1_001]
const place = fc.oneof(
  fc.nat(healthy.length - 1),
  // The stores have more readings than all replicas together.
  fc.constantFrom(
    ...healthy.flatMap(({ probe }, n) => (/redis|outbox|conn|migr|work|helm/.test(probe) ? [n] : [])),
  ),
)
const reading = fc.nat(400)

const damage: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('value' as const),
      place,
      reading,
      value: fc.constantFrom(...values),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('blind' as const), place, reading }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silent' as const), place, reading }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failing' as const), place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const), place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('odd-version' as const),
      version: fc.constantFrom('0000_behind', '0009_ahead'),
    }),
  },
)

/** Up to four things that are not well. */
export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(damage, { maxLength: 4 })

export function damaged(damages: readonly Damage[], world: World = healthy): World {
  return damages.reduce(inflict, world)
}

function inflict(world: World, one: Damage): World {
  if (one.kind === 'odd-version') return withVersion(world, one.version)
  const hit = healthy[one.place]
  if (one.kind === 'gone') return world.filter((candidate) => !isSame(candidate, hit))
  return world.map((candidate) => (isSame(candidate, hit) ? hurt(candidate, one) : candidate))
}

function isSame(a: Place, b: Place | undefined): boolean {
  return a.probe === b?.probe && a.target.id === b.target.id
}

function hurt(at: Place, one: Exclude<Damage, { kind: 'gone' | 'odd-version' }>): Place {
  if (one.kind === 'failing') return { ...at, failing: true }
  const hit = at.readings[one.reading % Math.max(at.readings.length, 1)]
  if (hit === undefined) return at
  const others = at.readings.filter((candidate) => candidate !== hit)
  if (one.kind === 'silent') return { ...at, readings: others }
  if (one.kind === 'value') return { ...at, readings: [...others, valued(hit, one.value)] }
  const { signal, labels } = hit
  const spot = { signal, labels, unknownReason: 'ambiguous', reason: 'blind', message: 'hidden' } as const
  return { ...at, readings: others, blindSpots: [...at.blindSpots, spot] }
}

// A count is whole, and 0 or 1 where it is a yes or no; what probes never give proves nothing.
const yesOrNo =
  /ready|exists|fresh|known|noeviction|persistence|accepts|accepted|rolled_out|progressing|reaches|job_|deployed/

function valued(hit: Reading, value: number): Reading {
  const isYesOrNo = yesOrNo.test(hit.signal) && !hit.signal.includes('idle')
  return { ...hit, value: isYesOrNo ? Math.min(1, Math.floor(value)) : value }
}

function withVersion(world: World, version: string): World {
  return world.map((one) =>
    one.probe === 'migrations'
      ? {
          ...one,
          readings: [...one.readings, { signal: 'caracal_migration_applied', labels: { version }, value: 1 }],
        }
      : one,
  )
}

/** One instant of a random trace: how long after the last one, what is seen, and what a person does. */
export interface Scene {
  readonly after: number
  readonly damages: readonly Damage[]
  readonly command: 'none' | 'begin' | 'acknowledge'
}

const scene: fc.Arbitrary<Scene> = fc.record({
  after: fc.constantFrom(1_000, 1_000, 4_000, 5_000, 20_000, 31_000, 70_000, 400_000),
  damages: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: damages }),
  command: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none' as const) },
    { weight: 1, arbitrary: fc.constantFrom('begin' as const, 'acknowledge' as const) },
  ),
})

/** A random trace: what holds as it is comes in runs, or nothing would ever stand for its hold. */
export const scenes: fc.Arbitrary<readonly Scene[]> = fc
  .array(fc.tuple(scene, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 6 })
  .map((runs) =>
    runs.flatMap(([one, times]) =>
      Array.from({ length: times }, (_, n) => (n === 0 ? one : { ...one, command: 'none' as const })),
    ),
  )

const author = { actor: 'tester', reason: 'random' }

export function done(result: Result, otherwise: Snapshot): Snapshot {
  return result.ok ? result.snapshot : otherwise
}

function commandOf(kind: Scene['command'], at: Instant): (snapshot: Snapshot) => Snapshot {
  return (snapshot) => {
    switch (kind) {
      case 'none':
        return snapshot
      case 'begin':
        return done(begin(snapshot, { ...author, id: `rollout-${at}`, supersede: true }, at), snapshot)
      case 'acknowledge':
        return [...snapshot.stops.keys()].reduce(
          (held, id) => done(acknowledge(held, id, author, at), held),
          snapshot,
        )
    }
  }
}

/** The moments of a trace, with the world of each changed by `change`. */
export function momentsOf(
  scenes: readonly Scene[],
  change: (world: World, index: number) => World = (world) => world,
  from: Instant = 0,
): readonly (Moment & { readonly batches: readonly Batch[] })[] {
  let at = from
  return scenes.map(({ after, damages, command }, index) => {
    at += after
    return {
      at,
      batches: batchesOf(change(damaged(damages), index), at),
      command: commandOf(command, at),
    }
  })
}

/** What a client sees of a snapshot beyond numbers: told apart from `meaning`, which is under test. */
export function outline(snapshot: Snapshot): unknown {
  const concerned = (
    findings: Snapshot['checks'] extends ReadonlyMap<string, infer S>
      ? S extends { readonly findings: infer F }
        ? F
        : never
      : never,
  ) =>
    findings.flatMap(({ key, answer, reason }) =>
      answer === 'unmet' || answer === 'unknown' ? [`${key}/${reason}`] : [],
    )
  return {
    verdict: snapshot.verdict.verdict,
    rollout: snapshot.rollout && [snapshot.rollout.id, snapshot.rollout.phase],
    impediments: [...snapshot.impediments.keys()],
    questions: [...(snapshot.questions ?? [])].map(([phase, question]) => [phase, question.verdict]),
    gates: [...snapshot.gates.values()].map(({ id, state }) => [id, state]),
    checks: [...snapshot.checks.values()].map(({ id, state, findings }) => [id, state, concerned(findings)]),
    stops: [...snapshot.stops.values()].map(({ id, state, findings, latch }) => [
      id,
      state,
      concerned(findings),
      latch && [latch.at, latch.acknowledged?.at],
    ]),
  }
}
