import { describe, expect, it } from 'vitest'
import type { Outcome, Target } from '../../../src/core/observation.ts'
import { blindSpot } from '../../../src/core/observation.ts'
import { observe, type LastSeen } from '../../../src/probes/observe.ts'
import { ProbeError, type Look } from '../../../src/probes/probe.ts'
import { depth } from '../core/small-rules.ts'

const clock = { now: () => performance.now() }
const target: Target = { id: 'one', labels: {} }

function seenAs(value: number, more: Partial<Look> = {}): Look {
  return { readings: [{ signal: depth.name, labels: { queue: 'a' }, value }], ...more }
}

/** The outcomes of looks one after the other. */
async function outcomesOf(...looks: readonly (Look | ProbeError)[]): Promise<readonly Outcome[]> {
  const last: LastSeen = {}
  const outcomes: Outcome[] = []
  for (const seen of looks) {
    const pace = () => ({ quiet: 1_000, brisk: 1_000, timeout: 5_000 })
    const look = () => (seen instanceof ProbeError ? Promise.reject(seen) : Promise.resolve(seen))
    const probe = { name: 'probe', provides: [], targets: () => [target], pace, look }
    const { outcome } = await observe(probe, target, clock, 1_000, () => {}, last)
    outcomes.push(outcome)
  }
  return outcomes
}

function refusal(message: string): ProbeError {
  return new ProbeError({ unknownReason: 'unauthorized', reason: 'forbidden', message })
}

const blind = { unknownReason: 'ambiguous', reason: 'several', message: 'two' } as const

describe('a look that says what the last one said', () => {
  it.each([
    ['readings', seenAs(1), seenAs(1)],
    [
      'blind spots',
      seenAs(1, { blindSpots: [blindSpot(depth, {}, blind)] }),
      seenAs(1, { blindSpots: [blindSpot(depth, {}, blind)] }),
    ],
    ['a refusal', refusal('no'), refusal('no')],
  ])('has the same outcome: %s', async (_, first, second) => {
    const [one, other] = await outcomesOf(first, second)
    expect(other).toBe(one)
  })

  it.each([
    ['another value', seenAs(1), seenAs(2)],
    ['a blind spot more', seenAs(1), seenAs(1, { blindSpots: [blindSpot(depth, {}, blind)] })],
    ['another message', refusal('no'), refusal('not yet')],
    ['a refusal instead', seenAs(1), refusal('no')],
    ['a reading instead', refusal('no'), seenAs(1)],
    ['nothing any more', seenAs(1), { readings: [] }],
  ])('and %s is another outcome', async (_, first, second) => {
    const [one, other, again] = await outcomesOf(first, second, first)
    expect(other).not.toEqual(one)
    expect(again).toEqual(one)
  })
})
