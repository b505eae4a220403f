import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/observation.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { dueOf, step } from '../../../src/core/step.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import { corrected } from '../../../src/rollout/correction.ts'
import { evaluate } from '../../../src/rollout/evaluation.ts'
import { nothingRemembered, recall, type Memory } from '../../../src/rollout/memory.ts'
import { batchesOf } from '../rules/platform-world.ts'
import { commanded, rulesNamed, type Command } from './random-commands.ts'
import { damaged, damages, healthy, type Damage } from './random-world.ts'

/** How many walks are taken; more of them by `ORACLE_WALKS`, with other seeds by `ORACLE_SEED`. */
const walks = Number(process.env['ORACLE_WALKS'] ?? 60)
const seed = process.env['ORACLE_SEED']

/** One thing that happens. Times are in milliseconds after what was before it. */
type Move =
  | { readonly kind: 'looks'; readonly after: number; readonly which: number; readonly validFor: number }
  | { readonly kind: 'damage'; readonly after: number; readonly damages: readonly Damage[] }
  | { readonly kind: 'due' | 'time'; readonly after: number }
  | { readonly kind: 'command'; readonly after: number; readonly what: Command }
  | { readonly kind: 'clock'; readonly after: number; readonly by: number }
  | { readonly kind: 'restart' | 'reload' | 'starved'; readonly after: number }

const soon = fc.constantFrom(0, 1, 20, 250, 999, 1_000, 2_000)
const after = fc.oneof(
  { weight: 5, arbitrary: soon },
  { weight: 1, arbitrary: fc.constantFrom(4_999, 5_000, 5_001, 30_000, 61_000, 400_000) },
)
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('looks' as const),
      after,
      which: fc.nat(1_023),
      validFor: fc.constantFrom(900, 2_750, 15_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('damage' as const), after: soon, damages }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('due' as const, 'time' as const), after }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      after: soon,
      what: fc.constantFrom<Command>('begin', 'acknowledge', 'finish', 'override', 'end'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      after: soon,
      by: fc.constantFrom(-60_000, -300, 300, 4_000, 60_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('restart' as const, 'reload' as const, 'starved' as const),
      after: soon,
    }),
  },
)

/** What happens at one instant, the same for both. */
interface Turn {
  readonly at: number
  readonly batches: readonly Batch[]
  readonly change: (snapshot: Snapshot) => Snapshot
  readonly rules: Rules
}

/**
 * Walks through what happens, once from step to step and once with each step judged from nothing; they must agree in all
 * that they say.
 */
function walk(moves: readonly Move[]): void {
  let rules = rulesNamed(false)
  let isLong = false
  let world = healthy
  let at = 1_000
  let warm: Evaluated = { snapshot: initialSnapshot(0, rules), memory: nothingRemembered }
  let cold = warm

  function turn({ batches, change, rules: inForce, at: now }: Turn): void {
    warm = evaluated(warm, change(warm.snapshot), batches, now, inForce)
    // A copy has no past.
    const copy = {
      snapshot: { ...cold.snapshot },
      memory: { ...cold.memory, ledger: [...cold.memory.ledger] },
    }
    cold = evaluated(copy, { ...change(cold.snapshot) }, batches, now, inForce)
    expect(warm.snapshot).toEqual(cold.snapshot)
    expect(said(warm)).toBe(said(cold))
  }

  turn({ at, batches: batchesOf(healthy, at), change: same, rules })
  for (const one of moves) {
    at += one.after
    let batches: readonly Batch[] = []
    let change = same
    switch (one.kind) {
      case 'looks': {
        const all = batchesOf(world, at)
        batches = all
          .filter((_, n) => (one.which >> (n % 10)) % 2 === 1)
          .map((batch) => ({
            ...batch,
            observations: batch.observations.map((look) => ({ ...look, validFor: one.validFor })),
          }))
        break
      }
      case 'damage':
        world = damaged(one.damages)
        batches = batchesOf(world, at)
        break
      case 'due':
        at = Math.max(at, Math.min(dueOf(warm.snapshot), at + 700_000))
        break
      case 'time':
        break
      case 'command':
        change = (snapshot) => commanded(one.what, snapshot, at)
        break
      case 'clock':
        change = (snapshot) => corrected(snapshot, one.by)
        at = Math.max(at + one.by, 1_000)
        break
      case 'restart':
        change = () => recall(initialSnapshot(at, rules), warm.memory)
        break
      case 'reload':
        isLong = !isLong
        rules = rulesNamed(isLong)
        break
      case 'starved':
        change = (snapshot) => ({
          ...snapshot,
          impediments: new Map(snapshot.impediments.size > 0 ? [] : [['starved', 'it hardly ran']]),
        })
        break
    }
    turn({ at, batches, change, rules })
  }
}

function same(snapshot: Snapshot): Snapshot {
  return snapshot
}

function evaluated(
  before: Evaluated,
  commanded: Snapshot,
  batches: readonly Batch[],
  now: number,
  rules: Rules,
): Evaluated {
  return evaluate(before, { now, batches, commanded }, rules, 'caracal')
}

/** All of a snapshot and what is remembered of it, as text. */
function said({ snapshot, memory }: { readonly snapshot: Snapshot; readonly memory: Memory }): string {
  return JSON.stringify([snapshot, memory], (_, value: unknown) =>
    value instanceof Map ? [...value] : value,
  )
}

describe('a step that goes on from the one before', () => {
  it(
    'R59: says to the byte what one says that judges everything anew, whatever happens and whenever',
    { timeout: 600_000 },
    () => {
      fc.assert(fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), walk), {
        numRuns: walks,
        ...(seed !== undefined && { seed: Number(seed) }),
      })
    },
  )

  it(
    'R59: says nothing new before it is due, and tells of nothing but the dates of looks',
    { timeout: 600_000 },
    () => {
      const rules = rulesNamed(false)
      fc.assert(
        fc.property(
          fc.array(fc.tuple(soon, damages), { minLength: 1, maxLength: 6 }),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          (scenes, share) => {
            let snapshot = initialSnapshot(0, rules)
            let at = 1_000
            for (const [wait, hurt] of scenes) {
              at += wait
              snapshot = step(snapshot, batchesOf(damaged(hurt), at), at, rules)
            }
            // What came out other than it was is judged once more.
            for (let n = 0; n < 3 && dueOf(snapshot) <= at; n += 1) snapshot = step(snapshot, [], at, rules)
            const due = Math.min(dueOf(snapshot), at + rules.longestGap)
            if (due <= at) return
            const early = Math.floor(at + (due - at) * share)
            const { at: _, ...before } = snapshot
            const { at: now, ...after } = step({ ...snapshot }, [], early, rules)
            expect(now).toBe(early)
            expect(after).toEqual(before)
          },
        ),
        { numRuns: walks },
      )
    },
  )
})
