import { describe, expect, it } from 'vitest'
import { noGraph } from '../../../src/core/cause.ts'
import { speaksForRollback } from '../../../src/core/stop.ts'
import { dueOf, step } from '../../../src/core/step.ts'
import type { Override } from '../../../src/core/waiver.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import { playShown, showing } from '../../support/timeline.ts'
import { inRollout, last } from '../rollout/commanding.ts'
import { aCheck, smallRules, stopOf } from './small-rules.ts'

const two = smallRules({
  gates: [
    { id: 'depth', title: 'Depth', checks: [aCheck('shallow')] },
    {
      id: 'other',
      title: 'Other',
      checks: [aCheck('calm', { condition: { claims: 'all is well', signals: [], judge: () => [met] } })],
    },
  ],
  graph: noGraph,
})
const met = { key: 'it', answer: 'met', reason: 'ok', message: 'it is well' } as const

function until(...shadows: readonly (readonly [string, number])[]) {
  return { ...two, shadows: new Map(shadows) }
}

const emergency: Override = { at: 0, until: 60_000, actor: 'ann', reason: 'seen', latched: false }

describe('shadow', () => {
  it('R200: shows what it would have done, and since when, and names itself in the verdict', () => {
    const rules = until(['depth', 99_000], ['deep', 99_000])
    const [before, after] = playShown(rules, [
      [1, { a: 1 }],
      [2, { a: 11 }],
    ])
    expect(before?.gates.get('depth')).toMatchObject({ state: 'pass', waived: { mode: 'shadow' } })
    expect(after?.verdict).toMatchObject({
      verdict: 'proceed',
      blocking: [],
      summary:
        'Proceed: all 1 required gates pass and no stop condition stands; not enforced: depth (in shadow), deep (in shadow)',
    })
    const hold = { verdict: 'hold', since: 2_000 }
    expect(after?.gates.get('depth')).toMatchObject({ state: 'fail', waived: { of: 'depth', would: hold } })
    expect(after?.checks.get('shallow')).toMatchObject({
      state: 'fail',
      waived: { of: 'depth', would: hold },
    })
    expect(after?.stops.get('deep')).toMatchObject({
      state: 'firing',
      waived: { mode: 'shadow', of: 'deep', would: { verdict: 'stop', since: 2_000 } },
    })
  })

  it('R202: does not make a gate pass that has nothing else to prove it', () => {
    const [, after] = playShown(until(['shallow', 99_000], ['deep', 99_000]), [
      [1, { a: 1 }],
      [2, { a: 1 }],
    ])
    expect(after?.gates.get('depth')?.state).toBe('unknown')
    expect(after?.verdict).toMatchObject({
      verdict: 'hold',
      summary: 'Hold: no check of the gate depth is enforced, so nothing proves it',
    })
  })

  it('R202: of every gate proves nothing', () => {
    const rules = until(['depth', 99_000], ['other', 99_000])
    expect(last(playShown(rules, [[1, { a: 1 }]])).verdict).toMatchObject({
      verdict: 'hold',
      summary:
        'Hold: no gate is enforced, so nothing is proven; not enforced: depth (in shadow), other (in shadow)',
    })
  })

  it('R201: is due at its end, and what was latched in it counts from then on', () => {
    const rules = until(['deep', 9_000], ['depth', 99_000])
    const during = inRollout(rules, [
      [1, { a: 1 }],
      [2, { a: 11 }],
      [3, { a: 1 }],
      [4, { a: 1 }],
    ])
    expect(during.verdict.verdict).toBe('proceed')
    expect(stopOf(during)).toMatchObject({ state: 'clear', latch: { at: 2_000 } })
    expect(dueOf(during)).toBe(9_000)
    const after = step(during, [], 9_000, rules)
    expect(after.verdict).toMatchObject({ verdict: 'stop' })
    expect(after.revision).toBeGreaterThan(during.revision)
  })

  it('R203: takes away what speaks for a rollback', () => {
    const script = [
      [1, { a: 1 }],
      [2, { a: 11 }],
    ] as const
    expect(speaksForRollback(stopOf(inRollout(two, script)))).toBe(true)
    expect(speaksForRollback(stopOf(inRollout(until(['deep', 9_000]), script)))).toBe(false)
  })

  it('R202: leaves in force what the rollout itself asks for', () => {
    const asked = aCheck('asked', { notAsked: () => undefined })
    const rules = smallRules({
      gates: [...two.gates, { id: 'asking', title: 'Asking', checks: [asked] }],
      stops: [],
      shadows: new Map([
        ['depth', 99_000],
        ['asking', 99_000],
        ['asked', 99_000],
      ]),
    })
    expect(last(playShown(rules, [[1, { a: 11 }]])).verdict).toMatchObject({
      verdict: 'hold',
      blocking: [{ ref: 'gates/asking/checks/asked' }],
    })
  })
})

describe('an override', () => {
  const of = (snapshot: Snapshot, override: Partial<Override>, at: number): Snapshot =>
    step({ ...snapshot, overrides: new Map([['deep', { ...emergency, ...override }]]) }, [], at, two)
  const firing = inRollout(two, [
    [1, { a: 1 }],
    [2, { a: 11 }],
  ])

  it.each([
    ['holds for what is latched after it', { at: 1_000 }, 'hold'],
    ['leaves in force what was latched before it', { at: 2_001 }, 'stop'],
    ['holds for what was latched before it when it says so', { at: 2_001, latched: true }, 'hold'],
    ['holds no longer than it says', { at: 1_000, until: 3_000 }, 'stop'],
    ['does not hold after its end', { ended: 1_500 }, 'stop'],
    ['holds for its own rollout', { rollout: 'r1' }, 'hold'],
    ['does not hold for another rollout', { rollout: 'r0' }, 'stop'],
    ['does not hold when it comes from the future', { at: 64_000, latched: true }, 'stop'],
  ])('R204: %s', (_, override, verdict) => {
    expect(of(firing, override, 3_000).verdict.verdict).toBe(verdict)
  })

  it('R201: is due at its end', () => {
    const during = of(of(firing, { until: 20_000 }, 3_000), { until: 20_000 }, 3_000)
    expect(stopOf(during).waived).toMatchObject({ mode: 'overridden', until: 20_000 })
    const settled = step(during, [showing(3_000, { a: 11 })], 3_000, two)
    expect(dueOf(settled)).toBeLessThanOrEqual(20_000)
    expect(step(settled, [], 19_999, two).verdict.verdict).toBe('hold')
    expect(step(settled, [], 20_000, two).verdict.verdict).toBe('stop')
  })

  it('R205: opens nothing that is about the daemon itself, and no failed rollout', () => {
    const overrides = new Map(['depth', 'deep'].map((id) => [id, { ...emergency, latched: true }]))
    const held = { ...firing, overrides }
    expect(step(held, [], 3_000, two).verdict.verdict).toBe('proceed')
    const lost = { ...held, impediments: new Map([['state-unreadable', 'the memory is lost']]) }
    expect(step(lost, [], 3_000, two).verdict.verdict).toBe('hold')
    const { rollout } = firing
    if (rollout === undefined) throw new Error('there is a rollout')
    const failed = { ...held, rollout: { ...rollout, phase: 'failed' as const } }
    expect(step(failed, [], 3_000, two).verdict).toMatchObject({ verdict: 'hold' })
  })
})
