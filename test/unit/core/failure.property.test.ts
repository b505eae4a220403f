import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { forbids } from '../../../src/core/stop.ts'
import { play } from '../../support/timeline.ts'
import { platformRules, batchesOf, type World } from '../rules/platform-world.ts'
import { damaged, damages, healthy, momentsOf, scenes } from './random-world.ts'

const rules = platformRules()

/** Names what `worse` claims to be better than `better` is. */
function improvements(before: Snapshot, better: Snapshot, worse: Snapshot): string[] {
  const claims: string[] = []
  if (worse.verdict.verdict === 'proceed' && better.verdict.verdict !== 'proceed') claims.push('verdict')
  for (const part of ['checks', 'gates'] as const)
    for (const [id, { state }] of worse[part])
      if (state === 'pass' && better[part].get(id)?.state !== 'pass') claims.push(`${part}/${id}`)
  for (const [id, status] of worse.stops) {
    const original = better.stops.get(id)
    if (status.state === 'clear' && original?.state !== 'clear') claims.push(`stops/${id} is clear`)
    const was = before.stops.get(id)
    const stood = was !== undefined && forbids(was)
    if (stood && original !== undefined && forbids(original) && !forbids(status))
      claims.push(`stops/${id} ended`)
  }
  return claims
}

function failingAt(world: World, index: number): World {
  return world.map((place, n) => (n === index ? { ...place, failing: true } : place))
}

/** The world with the nth reading of a place replaced by a blind spot. */
function hiddenAt(world: World, index: number, reading: number): World {
  return world.map((place, n) => {
    const hit = place.readings[reading % Math.max(1, place.readings.length)]
    if (n !== index || hit === undefined) return place
    const { signal, labels } = hit
    const spot = { signal, labels, unknownReason: 'ambiguous', reason: 'blind', message: 'hidden' } as const
    return {
      ...place,
      readings: place.readings.filter((candidate) => candidate !== hit),
      blindSpots: [...place.blindSpots, spot],
    }
  })
}

describe('R02: turning what was seen into a failure', () => {
  it('R02: improves nothing when a whole look fails', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(scenes, damages, fc.nat(healthy.length - 1), fc.boolean(), (trace, harm, index, soon) => {
        const before = play(rules, momentsOf(trace)).at(-1) ?? initialSnapshot(0, rules)
        const at = before.at + (soon ? 1_000 : 31_000)
        const world = damaged(harm)
        const better = step(before, batchesOf(world, at), at, rules)
        const worse = step(before, batchesOf(failingAt(world, index), at), at, rules)
        expect(improvements(before, better, worse)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('R02: improves nothing when a single reading becomes a blind spot', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(scenes, damages, fc.nat(healthy.length - 1), fc.nat(400), (trace, harm, index, reading) => {
        const before = play(rules, momentsOf(trace)).at(-1) ?? initialSnapshot(0, rules)
        const at = before.at + 1_000
        const world = damaged(harm)
        const better = step(before, batchesOf(world, at), at, rules)
        const worse = step(before, batchesOf(hiddenAt(world, index, reading), at), at, rules)
        expect(improvements(before, better, worse)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it(
    'R02: improves nothing for any reading of the platform, each hidden while it is bad',
    { timeout: 60_000 },
    () => {
      for (const [index, place] of healthy.entries())
        for (const [n, reading] of place.readings.entries())
          for (const value of [0, 2, 880, 950, 5_000]) {
            const world = healthy.map((one, k) =>
              k === index
                ? {
                    ...one,
                    readings: one.readings.map((other, j) => (j === n ? { ...reading, value } : other)),
                  }
                : one,
            )
            const first = batchesOf(world, 1_000)
            const before = step(initialSnapshot(0, rules), first, 1_000, rules)
            const better = step(before, batchesOf(world, 2_000), 2_000, rules)
            const worse = step(before, batchesOf(hiddenAt(world, index, n), 2_000), 2_000, rules)
            const found = improvements(before, better, worse)
            expect
              .soft(
                found,
                `${place.target.id} ${reading.signal} ${JSON.stringify(reading.labels)} = ${value}`,
              )
              .toEqual([])
          }
    },
  )
})
