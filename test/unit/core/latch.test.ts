import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { forbids } from '../../../src/core/stop.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { playShown } from '../../support/timeline.ts'
import { aStop, smallRules, stopOf, verdicts } from './small-rules.ts'

function rulesWith(overrides: Parameters<typeof aStop>[0]) {
  return smallRules({ stops: [aStop(overrides)] })
}

/** The state before the first look of a rollout. */
function inRollout(rules: ReturnType<typeof smallRules>) {
  const begun = begin(initialSnapshot(0, rules), { id: 'r1', actor: 'ann', reason: 'test' }, 0)
  if (!begun.ok) throw new Error(begun.detail)
  return begun.snapshot
}

describe('a latch', () => {
  it('R21: keeps its first cause until somebody acknowledges it', () => {
    const rules = rulesWith({})
    const played = playShown(
      rules,
      [
        [0, { a: 20 }],
        [1, { a: 0 }],
        [2, { b: 30 }],
      ],
      inRollout(rules),
    )
    expect(played.map((snapshot) => stopOf(snapshot).latch?.culprits)).toEqual([['a'], ['a'], ['a']])
    expect(stopOf(played[2] ?? initialSnapshot(0, rules)).firings).toBe(2)
  })

  it('R22: that was there before the rollout gives way to what the rollout brings', () => {
    const rules = rulesWith({})
    const [firing] = playShown(rules, [[0, { a: 20 }]])
    const begun = begin(firing ?? initialSnapshot(0, rules), { id: 'r1', actor: 'ann', reason: 'x' }, 500)
    if (!begun.ok) throw new Error(begun.detail)
    const played = playShown(
      rules,
      [
        [1, { a: 0 }],
        [2, { b: 20 }],
      ],
      begun.snapshot,
    )
    expect(played.map((snapshot) => stopOf(snapshot).latch?.preexisting)).toEqual([true, false])
    expect(verdicts(played)).toEqual(['stop', 'stop'])
  })

  it('R23: does not forbid once its condition is switched off on purpose', () => {
    const rules = rulesWith({})
    const [firing] = playShown(rules, [[0, { a: 20 }]], inRollout(rules))
    const off = smallRules({ ...rules, skipped: new Map([['deep', 'we know']]) })
    const [snapshot] = playShown(off, [[1, { a: 0 }]], firing)
    const status = stopOf(snapshot ?? initialSnapshot(0, rules))
    expect(status).toMatchObject({ state: 'skipped', firings: 1, findings: [{ message: 'we know' }] })
    expect([forbids(status), snapshot?.verdict.verdict]).toEqual([false, 'proceed'])
    const [again] = playShown(rules, [[2, { a: 0 }]], snapshot)
    expect(again?.verdict.verdict).toBe('stop')
  })

  it('R03: is missing for what came and went while nobody could see it', () => {
    const rules = rulesWith({})
    const seen = playShown(
      rules,
      [
        [0, { a: 0 }],
        [1, { a: 20 }],
        [2, { a: 0 }],
        [3, {}],
        [4, { b: 0 }],
      ],
      inRollout(rules),
    )
    expect(verdicts(seen)).toEqual(['proceed', 'stop', 'stop', 'stop', 'stop'])
    const hidden = playShown(
      rules,
      [
        [0, { a: 0 }],
        [1, { a: 'failed' }],
        [2, { a: 'failed' }],
        [3, {}],
        [4, { b: 0 }],
      ],
      inRollout(rules),
    )
    expect(verdicts(hidden)).toEqual(['proceed', 'hold', 'hold', 'hold', 'proceed'])
  })
})
