import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PUSHED_EVIDENCE } from '../../../src/core/observation.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { forbids } from '../../../src/core/stop.ts'
import { corrected } from '../../../src/rollout/correction.ts'
import { platformRules, batchesOf } from '../rules/platform-world.ts'
import { damaged, momentsOf, scenes, type Scene } from '../core/random-world.ts'

const rules = platformRules({ steady: 10_000 })
const runs = { numRuns: 60 }
const patient = 60_000
/** When the traces begin; far from 0, so that no correction leads before it. */
const begin = 1_000_000_000

interface Judged {
  /** By a clock that nobody sets. */
  readonly steady: number
  /** How far the clock was set right before. */
  readonly by: number
  readonly snapshot: Snapshot
}

/** Judges a trace by a clock that is set right before some of its steps. */
function playSet(trace: readonly Scene[], sets: readonly number[], pipeline?: 'in step'): readonly Judged[] {
  let steady = 0
  let offset = begin
  let snapshot = initialSnapshot(offset, rules)
  return trace.map(({ after, damages }, n) => {
    const by = sets[n % sets.length] ?? 0
    steady += after
    offset += by
    const at = steady + offset
    const world = damaged(damages)
    // Pipelines have clocks of their own.
    const pushedAt = pipeline === undefined ? steady + begin : at
    const pushed = batchesOf(world, pushedAt).filter(({ probe }) => probe === PUSHED_EVIDENCE)
    const looks = batchesOf(world, at).filter(({ probe }) => probe !== PUSHED_EVIDENCE)
    snapshot = step(corrected(snapshot, by), [...looks, ...pushed], at, rules)
    return { steady, by, snapshot }
  })
}

function isProven({ gates, stops }: Snapshot): boolean {
  return (
    [...gates.values()].every(({ state }) => state === 'pass' || state === 'skipped') &&
    [...stops.values()].every((stop) => !forbids(stop) && ['clear', 'skipped'].includes(stop.state))
  )
}

const forwardAndBack = fc.constantFrom(0, 0, 0, 4_000, -2_000, 90_000, 36_000_000, -7_200_000, 300, -300)
const back = fc.constantFrom(0, 0, -300, -2_000, -7_200_000, -36_000_000)

/** A platform that is well, looked at as often as it is; what the clock is set by is no gap. */
const wellAndOften = fc.array(
  fc.constantFrom(300, 1_000).map((after): Scene => ({ after, damages: [], command: 'none' })),
  { minLength: 15, maxLength: 30 },
)
const noGaps = fc.constantFrom(0, 300, 3_000, 4_000, -2_000)

/** Each `proceed` came after the steady time by the clock that nobody sets, in which all was proven and looked at. */
function expectNoneEarly(judged: readonly Judged[]): void {
  for (const [n, { steady, snapshot }] of judged.entries()) {
    if (snapshot.verdict.verdict !== 'proceed') continue
    const from = judged.findLastIndex((earlier) => earlier.steady <= steady - rules.steady)
    expect(from).toBeGreaterThanOrEqual(0)
    const since = judged.slice(from, n + 1)
    expect(since.every((one) => isProven(one.snapshot))).toBe(true)
    // The machine may have slept: nobody looked then.
    expect(since.slice(1).every(({ by }) => by <= rules.longestGap)).toBe(true)
  }
}

describe('a clock that is set', () => {
  it(
    'R90 X91: never brings proceed before the steady time of looking that has really passed',
    { timeout: patient },
    () => {
      fc.assert(
        fc.property(scenes, fc.array(forwardAndBack, { minLength: 1, maxLength: 8 }), (trace, sets) =>
          expectNoneEarly(playSet(trace, sets)),
        ),
        runs,
      )
    },
  )

  it('R90 X91: brings it neither sooner nor later by small steps of the clock', { timeout: patient }, () => {
    fc.assert(
      fc.property(wellAndOften, fc.array(noGaps, { minLength: 1, maxLength: 8 }), (trace, sets) => {
        const judged = playSet(trace, sets, 'in step')
        expectNoneEarly(judged)
        const verdicts = ({ snapshot }: Judged) => snapshot.verdict.verdict
        expect(judged.map(verdicts)).toEqual(playSet(trace, [0]).map(verdicts))
      }),
      { numRuns: 20 },
    )
  })

  it('R90 X85: changes no state when it is set back', { timeout: patient }, () => {
    const states = ({ verdict, gates, checks, stops }: Snapshot) => ({
      verdict: verdict.verdict,
      gates: [...gates.values()].map(({ id, state }) => [id, state]),
      checks: [...checks.values()].map(({ id, state }) => [id, state]),
      stops: [...stops.values()].map(({ id, state, firings }) => [id, state, firings]),
    })
    fc.assert(
      fc.property(scenes, fc.array(back, { minLength: 1, maxLength: 8 }), (trace, sets) => {
        const set = playSet(trace, sets).map(({ snapshot }) => states(snapshot))
        expect(set).toEqual(playSet(trace, [0]).map(({ snapshot }) => states(snapshot)))
      }),
      runs,
    )
  })

  it('R90 X85: goes on judging by looks that end after it was set back by two hours', () => {
    const [first, second] = momentsOf([
      { after: begin, damages: [], command: 'none' },
      { after: 1_000, damages: [{ kind: 'failing', place: 0 }], command: 'none' },
    ])
    const well = step(initialSnapshot(begin, rules), first?.batches ?? [], begin, rules)
    const back = corrected(well, -7_200_000)
    const at = begin - 7_199_000
    const batches = (second?.batches ?? []).map((batch) => ({
      ...batch,
      at,
      observations: batch.observations.map((observation) => ({ ...observation, at })),
    }))
    const after = step(back, batches, at, rules)
    expect(after.at).toBe(at)
    expect([...after.checks.values()].some(({ state }) => state === 'unknown')).toBe(true)
  })
})
