import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { stopStates as states } from '../../../src/core/stop.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { playShown } from '../../support/timeline.ts'
import { aStop, nothingArrives, smallRules, stopOf, stopStates, verdicts } from './small-rules.ts'

function rulesWith(overrides: Parameters<typeof aStop>[0]) {
  return smallRules({ stops: [aStop(overrides)] })
}

/** The state before the first look of a rollout. */
function inRollout(rules: ReturnType<typeof smallRules>) {
  const begun = begin(initialSnapshot(0, rules), { id: 'r1', actor: 'ann', reason: 'test' }, 0)
  if (!begun.ok) throw new Error(begun.detail)
  return begun.snapshot
}

describe('a level', () => {
  const rules = rulesWith({ hold: 20_000, clearAfter: 10_000 })

  it('fires once the breach has stood for its hold, and is over once all was well for a while', () => {
    const played = playShown(rules, [
      [0, { a: 0 }],
      [1, { a: 20 }],
      [20, { a: 20 }],
      [21, { a: 20 }],
      [22, { a: 0 }],
      [31, { a: 0 }],
      [32, { a: 0 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'pending', 'pending', 'firing', 'firing', 'firing', 'clear'])
    expect(played.map((snapshot) => stopOf(snapshot).firings)).toEqual([0, 0, 0, 1, 1, 1, 1])
    for (const { stops } of played) for (const { state } of stops.values()) expect(states).toContain(state)
  })

  it('R31: names what makes it fire before what only might, in time', () => {
    const played = playShown(
      rules,
      [
        [0, { a: 0, b: 0 }],
        [1, { a: 0, b: 20 }],
        [11, { a: 30, b: 20 }],
        [21, { a: 30, b: 20 }],
      ],
      inRollout(rules),
    )
    const fired = played.map((snapshot) => stopOf(snapshot)).at(-1)
    expect(stopStates(played)).toEqual(['clear', 'pending', 'pending', 'firing'])
    expect(fired?.findings.map(({ key }) => key)).toEqual(['b', 'a'])
    expect(fired).toMatchObject({ cause: { key: 'b' }, latch: { culprits: ['b', 'a'] } })
  })

  it('does not fire when the breach ends before its hold', () => {
    const played = playShown(rules, [
      [0, { a: 20 }],
      [19, { a: 5 }],
      [20, { a: 20 }],
      [39, { a: 20 }],
      [40, { a: 20 }],
    ])
    expect(stopStates(played)).toEqual(['pending', 'clear', 'pending', 'pending', 'firing'])
  })

  it('R13: goes on between its two limits, and does not begin there', () => {
    const played = playShown(rules, [
      [0, { a: 7 }],
      [1, { a: 20 }],
      [2, { a: 7 }],
      [21, { a: 7 }],
      [40, { a: 7 }],
      [41, { a: 5 }],
      [51, { a: 5 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'pending', 'pending', 'firing', 'firing', 'firing', 'clear'])
  })

  it('R17: is not over while it cannot be seen, nor while it is only near', () => {
    const played = playShown(rulesWith({}), [
      [0, { a: 20 }],
      [1, { a: 'failed' }],
      [50, { a: 'failed' }],
      [51, { a: 7 }],
      [52, { a: 5 }],
    ])
    expect(stopStates(played)).toEqual(['firing', 'firing', 'firing', 'firing', 'clear'])
  })

  it('R07: waits for its whole hold anew after a gap, and for its calm too', () => {
    const played = playShown(rules, [
      [0, { a: 20 }],
      [19, { a: 20 }],
      [100, { a: 20 }],
      [119, { a: 20 }],
      [120, { a: 20 }],
      [121, { a: 0 }],
      [200, { a: 0 }],
      [209, { a: 0 }],
      [210, { a: 0 }],
    ])
    expect(stopStates(played).join(' ')).toBe(
      'pending pending pending pending firing firing firing firing clear',
    )
  })

  it.each([
    ['R12: goes on after 30 s without evidence', 30, 'firing'],
    ['R12: starts anew after 31 s without evidence', 31, 'pending'],
  ])('%s', (_, seconds, state) => {
    const played = playShown(rules, [
      [0, { a: 20 }],
      [1, { a: 'failed' }],
      [seconds, { a: 'failed' }],
      [seconds + 0.5, { a: 20 }],
    ])
    expect(stopStates(played)).toEqual(['pending', 'unknown', 'unknown', state])
  })

  it('R12: does not fire on a look that could not see it', () => {
    const played = playShown(rules, [
      [0, { a: 20 }],
      [21, { a: 'failed' }],
    ])
    expect(stopStates(played)).toEqual(['pending', 'unknown'])
  })
})

describe('what cannot be proven', () => {
  const rules = rulesWith({ kind: 'cannot-prove', hold: 20_000, warmUp: 100_000 })

  it('counts what cannot be seen as a breach, after its hold', () => {
    const played = playShown(rules, [
      [0, { a: 0 }],
      [1, { a: 'failed' }],
      [20, { a: 20 }],
      [21, { a: 'failed' }],
      [22, { a: 0 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'pending', 'pending', 'firing', 'clear'])
  })

  it('R11: gives a subject that was never well its warm-up', () => {
    const played = playShown(rules, [
      [0, { a: 20 }],
      [50, { a: 'failed' }],
      [99, { a: 20 }],
      [100, { a: 20 }],
    ])
    expect(stopStates(played)).toEqual(['pending', 'pending', 'pending', 'firing'])
  })
})

describe('an edge', () => {
  const rules = rulesWith({ kind: 'edge', condition: nothingArrives, window: 60_000 })

  it('R20: fires at the first look that sees it', () => {
    const played = playShown(rules, [
      [0, { a: 3 }],
      [1, { a: 4 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'firing'])
  })

  it('R20: outside a rollout fires for its window since the last event, and then takes them as dealt with', () => {
    const played = playShown(rules, [
      [0, { a: 3 }],
      [1, { a: 4 }],
      [31, { a: 5 }],
      [90, { a: 5 }],
      [91, { a: 5 }],
      [92, { a: 5 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'firing', 'firing', 'firing', 'firing', 'clear'])
    expect(played.map((snapshot) => stopOf(snapshot).latch)).toEqual(played.map(() => undefined))
    expect(played.at(-1)?.verdict.verdict).toBe('proceed')
  })

  it('R20: that stands outlasts its end by its window outside a rollout', () => {
    const standing = rulesWith({ kind: 'edge', window: 30_000 })
    const played = playShown(standing, [
      [0, { a: 20 }],
      [50, { a: 20 }],
      [51, { a: 0 }],
      [79, { a: 0 }],
      [80, { a: 0 }],
    ])
    expect(stopStates(played)).toEqual(['firing', 'firing', 'firing', 'firing', 'clear'])
  })

  it('R06: in a rollout leaves a latch, also when its events were taken as dealt with', () => {
    const played = playShown(
      rules,
      [
        [0, { a: 3 }],
        [1, { a: 4 }],
        [61, { a: 4 }],
        [62, { a: 4 }],
      ],
      inRollout(rules),
    )
    expect(stopStates(played)).toEqual(['clear', 'firing', 'firing', 'clear'])
    expect(verdicts(played)).toEqual(['proceed', 'stop', 'stop', 'stop'])
    expect(played.at(-1)?.stops.get('deep')?.latch).toMatchObject({
      at: 1_000,
      culprits: ['a'],
      reason: 'arrived',
    })
  })

  it('R19: takes a count that started anew as all new', () => {
    const played = playShown(rules, [
      [0, { a: 9 }],
      [1, { a: 2 }],
    ])
    expect(stopStates(played)).toEqual(['clear', 'firing'])
    expect(stopOf(played[1] ?? initialSnapshot(0, rules)).findings[0]?.observed?.value).toBe(2)
  })

  it('T46: a later 0 is no recovery: the latch stays for the rollout', () => {
    const standing = rulesWith({ kind: 'edge' })
    const played = playShown(
      standing,
      [
        [0, { a: 20 }],
        [1, { a: 0 }],
        [1_000, { a: 0 }],
      ],
      inRollout(standing),
    )
    expect(stopStates(played)).toEqual(['firing', 'clear', 'clear'])
    expect(verdicts(played)).toEqual(['stop', 'stop', 'stop'])
  })
})
