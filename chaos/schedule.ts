import * as fc from 'fast-check'
import type { Kind } from './kind.ts'

/** What a person or a pipeline tells the daemon in the middle of it all. */
export const orders = [
  'begin',
  'finish-done',
  'finish-failed',
  'evidence-pass',
  'evidence-fail',
  'override',
  'override-latched',
  'override-end',
  'wrong-token',
  'malformed',
] as const
export type Order = (typeof orders)[number]

/** One fault or a pair of them. Numbers without a unit are between 0 and 1: chance that the act uses as it needs. */
export interface Act {
  readonly number: number
  readonly kinds: readonly string[]
  readonly chances: readonly { readonly first: number; readonly second: number }[]
  /** Milliseconds that the faults stand together; a kind may need longer. */
  readonly lasts: number
  /** Milliseconds between the first fault and the second. */
  readonly apart: number
  readonly orders: readonly { readonly order: Order; readonly after: number }[]
  readonly runsCli: boolean
}

// Evenly spread, which doubles by their bits are not.
const unit = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1_000_000)
const chance = fc.record({ first: unit, second: unit })

/**
 * The acts of a seed: the same seed and the same kinds give the same acts, on any machine. Every kind comes once
 * alone before the first pair, in an order that the seed shuffles; then singles and pairs come by chance.
 */
export function scheduleOf(seed: number, kinds: readonly Kind[], count: number): readonly Act[] {
  const names = kinds.map(({ name }) => name)
  const [order = names] = fc.sample(fc.shuffledSubarray(names, { minLength: names.length }), {
    seed,
    numRuns: 1,
  })
  const acts = fc.sample(actOf(kinds), { seed, numRuns: count })
  return acts.map((act, number) => {
    const first = order[number]
    return { ...act, number, kinds: first === undefined ? act.kinds : [first] }
  })
}

/** In the middle of it, when the fault has been seen: what is wrong, and what it has latched, is overridden. */
const overridden = { order: 'override-latched' as const, after: 0.4 }

function actOf(kinds: readonly Kind[]) {
  const names = kinds.map(({ name }) => name)
  const pairs = kinds.flatMap((one) =>
    kinds.filter((other) => goTogether(one, other)).map((other) => [one.name, other.name]),
  )
  const single = fc.constantFrom(...names).map((name) => [name])
  const faults = pairs.length === 0 ? single : fc.oneof(single, fc.constantFrom(...pairs))
  return fc.record({
    number: fc.constant(0),
    kinds: faults,
    chances: fc.tuple(chance, chance),
    lasts: fc.integer({ min: 3_000, max: 9_000 }),
    apart: fc.integer({ min: 0, max: 2_000 }),
    orders: fc
      .tuple(
        fc.array(fc.record({ order: fc.constantFrom(...orders), after: unit }), { maxLength: 3 }),
        fc.constantFrom([], [{ order: 'override' as const, after: 0.3 }, overridden]),
      )
      .map(([some, overriding]) => [...some, ...overriding]),
    runsCli: fc.boolean(),
  })
}

/** Whether two kinds may stand at once: neither takes away what the other is made with. */
export function goTogether(one: Kind, other: Kind): boolean {
  return one.name !== other.name && !one.areas.some((area) => other.areas.includes(area))
}
