import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold, type Beliefs } from '../../../src/core/belief.ts'
import type { Observation, Batch } from '../../../src/core/observation.ts'
import { aBatch, aTarget, failed, saw, showing } from '../../support/timeline.ts'

const [a, b] = [aTarget('a'), aTarget('b')]

function depth(value: number) {
  return [{ signal: 'small_depth', labels: {}, value }]
}

function valueOf(beliefs: Beliefs, id: string): number | string | undefined {
  const outcome = beliefs.get('small')?.targets.get(id)?.last?.outcome
  return outcome?.ok === true ? outcome.readings[0]?.value : outcome?.reason
}

describe('taking in batches', () => {
  it('R16: believes the later look, whichever comes first', () => {
    const batches = [showing(1, { a: 1 }), showing(2, { a: 2 })]
    expect(valueOf(fold(new Map(), batches), 'a')).toBe(2)
    expect(valueOf(fold(new Map(), batches.toReversed()), 'a')).toBe(2)
    expect(valueOf(fold(fold(new Map(), [showing(2, { a: 2 })]), [showing(1, { a: 1 })]), 'a')).toBe(2)
  })

  it('R16: believes the failed one of two looks at the same instant', () => {
    const looks = [saw(a, 1, depth(1)), failed(a, 1)]
    expect(valueOf(fold(new Map(), [aBatch('small', 1, looks, [a])]), 'a')).toBe('unreachable')
    expect(valueOf(fold(new Map(), [aBatch('small', 1, looks.toReversed(), [a])]), 'a')).toBe('unreachable')
  })

  it('R15: forgets a target that is not listed any more, and all that was known of it', () => {
    const known = fold(new Map(), [showing(1, { a: 1, b: 1 })])
    const without = fold(known, [showing(2, { b: 1 })])
    expect([...(without.get('small')?.targets.keys() ?? [])]).toEqual(['b'])
    const again = fold(without, [showing(3, { a: 'never', b: 1 })])
      .get('small')
      ?.targets.get('a')
    expect(again).toEqual({ target: a })
  })

  it('R15: believes nothing about a target that the newest batch does not list', () => {
    const stray = aBatch('small', 1, [saw(b, 1, depth(1))], [a])
    expect([...(fold(new Map(), [stray]).get('small')?.targets.keys() ?? [])]).toEqual(['a'])
  })

  it('R15: does not let an older listing say which targets exist', () => {
    const known = fold(new Map(), [showing(5, { a: 1 })])
    expect([
      ...(fold(known, [showing(4, { b: 1 })])
        .get('small')
        ?.targets.keys() ?? []),
    ]).toEqual(['a'])
    expect(fold(known, [showing(4, { b: 1 })]).get('small')?.at).toBe(5)
  })

  it('keeps the last look at a target that is listed and was not looked at this time', () => {
    const known = fold(new Map(), [showing(1, { a: 1 })])
    expect(valueOf(fold(known, [showing(2, { a: 'never' })]), 'a')).toBe(1)
  })

  it('remembers when a look last succeeded', () => {
    const known = fold(new Map(), [showing(1, { a: 1 }), showing(2, { a: 'failed' })])
    expect(known.get('small')?.targets.get('a')?.lastSuccessAt).toBe(1)
  })

  it('keeps probes apart', () => {
    const other: Batch = { ...showing(1, { a: 9 }), probe: 'other' }
    const known = fold(fold(new Map(), [showing(1, { a: 1 })]), [other])
    expect([...known.keys()]).toEqual(['small', 'other'])
    expect(valueOf(known, 'a')).toBe(1)
  })

  it('is the same when nothing arrived', () => {
    const known = fold(new Map(), [showing(1, { a: 1 })])
    expect(fold(known, [])).toBe(known)
  })
})

const look: fc.Arbitrary<Observation> = fc
  .record({
    target: fc.constantFrom(a, b, aTarget('c')),
    at: fc.integer({ min: 1, max: 4 }),
    value: fc.integer({ min: 0, max: 2 }),
    ok: fc.boolean(),
    validFor: fc.constantFrom(5, 10),
  })
  .map(({ target, at, value, ok, validFor }) =>
    ok ? saw(target, at, depth(value), [], validFor) : { ...failed(target, at), validFor },
  )

const batch: fc.Arbitrary<Batch> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.subarray([a, b, aTarget('c')]), fc.array(look, { maxLength: 5 }))
  .map(([at, targets, observations]) => aBatch('small', at, observations, targets))

describe('the order of news', () => {
  it('R16: does not matter, neither that of batches nor that of looks in them', () => {
    const shuffled = fc
      .array(batch, { maxLength: 4 })
      .chain((batches) =>
        fc.tuple(
          fc.constant(batches),
          fc.shuffledSubarray(batches, { minLength: batches.length }),
          fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        ),
      )
    fc.assert(
      fc.property(shuffled, fc.array(batch, { maxLength: 2 }), ([batches, others, keys], before) => {
        const known = fold(new Map(), before)
        const mixed = others.map((one) => ({
          ...one,
          observations: one.observations
            .map((observation, n) => [keys[n] ?? 0, observation] as const)
            .toSorted(([x], [y]) => x - y)
            .map(([, observation]) => observation),
        }))
        expect(fold(known, mixed)).toEqual(fold(known, batches))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R16: does not matter either when each batch is taken in by itself, while the targets stay', () => {
    const steady = batch.map((one) => ({ ...one, targets: [a, b, aTarget('c')] }))
    const shuffled = fc
      .array(steady, { maxLength: 5 })
      .chain((batches) =>
        fc.tuple(fc.constant(batches), fc.shuffledSubarray(batches, { minLength: batches.length })),
      )
    fc.assert(
      fc.property(shuffled, ([batches, others]) => {
        const one = others.reduce<Beliefs>((known, next) => fold(known, [next]), new Map())
        expect(one).toEqual(fold(new Map(), batches))
      }),
      { numRuns: 500 },
    )
  })
})
