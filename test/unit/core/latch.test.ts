import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { forbids } from '../../../src/core/stop.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { nothingRemembered, recall, remember } from '../../../src/rollout/memory.ts'
import { playShown, type Shown } from '../../support/timeline.ts'
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

  const kinds = ['level', 'edge'] as const
  it.each(kinds)('R22: of a %s that was there before stays so over a restart, until that is over', (kind) => {
    const rules = rulesWith({ kind })
    const firing = playShown(rules, [[0, { a: 20 }]]).at(-1) ?? initialSnapshot(0, rules)
    const begun = begin(firing, { id: 'r1', actor: 'ann', reason: 'x' }, 500)
    if (!begun.ok) throw new Error(begun.detail)
    const memory = remember(nothingRemembered, firing, begun.snapshot, begun.events)
    const again = recall(initialSnapshot(600, rules), memory)
    const script: readonly (readonly [number, Shown])[] = [
      [1, { a: 'failed' }],
      [2, { a: 20 }],
      [3, { a: 0 }],
      [4, { a: 20 }],
    ]
    const latches = playShown(rules, script, again).map((snapshot) => stopOf(snapshot).latch)
    expect(latches.map((latch) => latch?.preexisting)).toEqual([true, true, true, false])
    const [, other] = playShown(
      rules,
      [
        [1, { a: 20 }],
        [2, { a: 20, b: 20 }],
      ],
      again,
    )
    expect(stopOf(other ?? again).latch?.preexisting).toBe(kind === 'level')
    const [meanwhile] = playShown(rules, [[1, { b: 20 }]], again)
    expect(stopOf(meanwhile ?? again).latch?.preexisting).toBe(kind === 'level')
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
