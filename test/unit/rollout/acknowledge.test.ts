import { describe, expect, it } from 'vitest'
import type { Rules } from '../../../src/core/snapshot.ts'
import { acknowledge } from '../../../src/rollout/commands.ts'
import { playShown, type Shown } from '../../support/timeline.ts'
import { aStop, nothingArrives, smallRules, stopOf } from '../core/small-rules.ts'
import { author, inRollout, last, ok, refused, take } from './commanding.ts'

const levels = smallRules()
const edges = smallRules({ stops: [aStop({ kind: 'edge', condition: nothingArrives })] })
const proofs = smallRules({ stops: [aStop({ kind: 'cannot-prove', clearAfter: 5_000 })] })

describe('acknowledging a stop', () => {
  it('R08: is refused while the breach stands', () => {
    expect(refused(take(inRollout(levels, [[0, { a: 20 }]])))).toBe('409 the stop condition is still firing')
  })

  it.each<[string, Rules, readonly (readonly [number, Shown])[]]>([
    [
      'can no longer be seen',
      levels,
      [
        [0, { a: 20 }],
        [1, { a: 'failed' }],
      ],
    ],
    [
      'is near its limit',
      levels,
      [
        [0, { a: 20 }],
        [1, { a: 7 }],
      ],
    ],
    [
      'is that nothing can be proven',
      proofs,
      [
        [0, { a: 'failed' }],
        [1, { a: 'failed' }],
      ],
    ],
    [
      'was over a moment ago',
      proofs,
      [
        [0, { a: 20 }],
        [1, { a: 0 }],
      ],
    ],
  ])('R08: is refused while what fires %s', (_, rules, script) => {
    const firing = inRollout(rules, script)
    expect(stopOf(firing).state).toBe('firing')
    expect(refused(take(firing))).toBe('409 the stop condition is still firing')
  })

  it('R08: releases a latch whose cause is gone', () => {
    const released = ok(
      take(
        inRollout(levels, [
          [0, { a: 20 }],
          [1, { a: 0 }],
        ]),
      ),
    )
    expect(stopOf(released).latch?.acknowledged).toEqual({ ...author, at: 1_000 })
    expect(last(playShown(levels, [[2, { a: 0 }]], released)).verdict.verdict).toBe('proceed')
  })

  it('R09: settles events that were counted', () => {
    const fired = inRollout(edges, [
      [0, { a: 3 }],
      [1, { a: 4 }],
    ])
    expect(stopOf(fired).state).toBe('firing')
    const next = last(playShown(edges, [[2, { a: 4 }]], ok(take(fired))))
    expect([stopOf(next).state, next.verdict.verdict]).toEqual(['clear', 'proceed'])
  })

  it('R09: does not cover an event that comes right after it', () => {
    const fired = inRollout(edges, [
      [0, { a: 3 }],
      [1, { a: 4 }],
    ])
    const next = playShown(
      edges,
      [
        [1, { a: 5 }],
        [2, { a: 5 }],
        [700, { a: 5 }],
        [701, { a: 5 }],
      ],
      ok(take(fired)),
    )
    expect(next.map((snapshot) => [stopOf(snapshot).state, snapshot.verdict.verdict])).toEqual([
      ['firing', 'stop'],
      ['firing', 'stop'],
      ['firing', 'stop'],
      ['clear', 'stop'],
    ])
    expect(stopOf(last(next))).toMatchObject({ firings: 2, latch: { at: 1_000 } })
  })

  it('is refused when there is nothing to acknowledge', () => {
    const calm = inRollout(levels, [[0, { a: 0 }]])
    expect(refused(take(calm))).toBe('409 nothing to acknowledge')
    expect(refused(acknowledge(calm, 'no-such', author, 0))).toBe('404 No such stop condition')
  })

  it('is written down with who and why', () => {
    expect(
      take(
        inRollout(levels, [
          [0, { a: 20 }],
          [1, { a: 0 }],
        ]),
      ),
    ).toMatchObject({
      events: [
        {
          kind: 'acknowledged',
          subject: 'stop-condition/deep',
          actor: 'ann',
          message: 'seen',
          rollout: 'r1',
        },
      ],
    })
  })
})
