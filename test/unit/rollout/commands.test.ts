import { describe, expect, it } from 'vitest'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { acknowledge, begin, finish, type Result } from '../../../src/rollout/commands.ts'
import { playShown, type Shown } from '../../support/timeline.ts'
import { aStop, nothingArrives, smallRules, stopOf } from '../core/small-rules.ts'

const author = { actor: 'ann', reason: 'seen' }
const levels = smallRules()
const edges = smallRules({ stops: [aStop({ kind: 'edge', condition: nothingArrives })] })
const proofs = smallRules({ stops: [aStop({ kind: 'cannot-prove', clearAfter: 5_000 })] })

function ok(result: Result): Snapshot {
  if (!result.ok) throw new Error(`${result.status} ${result.title}: ${result.detail}`)
  return result.snapshot
}

function refused(result: Result): string {
  return result.ok ? 'accepted' : `${result.status} ${result.title}`
}

/** A rollout that begins before anything was looked at, and what is shown then. */
function inRollout(rules: Rules, script: readonly (readonly [number, Shown])[]): Snapshot {
  const from = ok(begin(initialSnapshot(0, rules), { ...author, id: 'r1' }, 0))
  return last(playShown(rules, script, from))
}

function last(snapshots: readonly Snapshot[]): Snapshot {
  const snapshot = snapshots.at(-1)
  if (snapshot === undefined) throw new Error('nothing was played')
  return snapshot
}

function take(snapshot: Snapshot, at = snapshot.at): Result {
  return acknowledge(snapshot, 'deep', author, at)
}

describe('beginning a rollout', () => {
  it('takes the declared phase, or preflight, and writes it down', () => {
    const result = begin(initialSnapshot(0, levels), { ...author, id: 'r1', chart: 'caracal-1.2.3' }, 5)
    expect(result).toMatchObject({
      ok: true,
      snapshot: {
        revision: 1,
        rollout: {
          id: 'r1',
          phase: 'preflight',
          startedAt: 5,
          chart: 'caracal-1.2.3',
          detectedBy: 'declared',
        },
      },
      events: [{ kind: 'rollout-begun', subject: 'r1', actor: 'ann', to: 'preflight' }],
    })
  })

  it('R25: changes the phase of the one under way, and refuses another beside it', () => {
    const first = ok(begin(initialSnapshot(0, levels), { ...author, id: 'r1' }, 0))
    const rolling = begin(first, { ...author, id: 'r1', phase: 'rolling' }, 9)
    expect(rolling).toMatchObject({ events: [{ kind: 'rollout-phase', from: 'preflight', to: 'rolling' }] })
    expect(ok(rolling).rollout).toMatchObject({ phase: 'rolling', startedAt: 0 })
    expect(refused(begin(first, { ...author, id: 'r2' }, 9))).toBe('409 another rollout is under way')
    const over = begin(first, { ...author, id: 'r2', supersede: true }, 9)
    expect(ok(over).rollout?.id).toBe('r2')
    expect(over).toMatchObject({
      events: [{ kind: 'rollout-finished', subject: 'r1', to: 'superseded' }, { kind: 'rollout-begun' }],
    })
  })

  it('R25: does not begin one again that has ended', () => {
    const ended = ok(
      finish(ok(begin(initialSnapshot(0, levels), { ...author, id: 'r1' }, 0)), 'r1', 'failed', author, 1),
    )
    expect(refused(begin(ended, { ...author, id: 'r1' }, 2))).toBe('409 this rollout has ended')
  })

  it('R22: latches what fires already as preexisting, with its cause', () => {
    const firing = last(playShown(levels, [[0, { a: 20 }]]))
    const begun = ok(begin(firing, { ...author, id: 'r1' }, 1_000))
    expect(stopOf(begun).latch).toMatchObject({ preexisting: true, reason: 'deep', culprits: ['a'] })
    const [still] = playShown(levels, [[1, { a: 20 }]], begun)
    expect(still?.verdict.verdict).toBe('stop')
  })

  it('R22: knows the cause of what fires although it is well for a moment', () => {
    const rules = smallRules({ stops: [aStop({ clearAfter: 60_000 })] })
    const firing = last(
      playShown(rules, [
        [0, { a: 20 }],
        [1, { a: 0 }],
      ]),
    )
    expect(stopOf(firing).state).toBe('firing')
    const begun = ok(begin(firing, { ...author, id: 'r1' }, 2_000))
    expect(stopOf(begun).latch).toMatchObject({ preexisting: true, reason: 'deep', culprits: ['a'] })
  })

  it('R22: knows the cause of what fires although it is only near its limit now', () => {
    const firing = last(
      playShown(levels, [
        [0, { a: 20 }],
        [1, { a: 7 }],
      ]),
    )
    expect(stopOf(firing).cause).toMatchObject({ answer: 'near', reason: 'deep' })
    const begun = ok(begin(firing, { ...author, id: 'r1' }, 2_000))
    expect(stopOf(begun).latch).toMatchObject({ preexisting: true, reason: 'deep', culprits: ['a'] })
  })

  it('forgets baselines of the last rollout and no other marks, and what the daemon lacked', () => {
    const before: Snapshot = {
      ...initialSnapshot(0, levels),
      marks: new Map([
        ['rollout:version', 1],
        ['count', 7],
      ]),
      impediments: new Map([['memory-lost', 'the state is lost']]),
    }
    const begun = ok(begin(before, { ...author, id: 'r1' }, 0))
    expect([...begun.marks]).toEqual([['count', 7]])
    expect(begun.impediments.size).toBe(0)
  })
})

describe('finishing a rollout', () => {
  it('R24: is refused as done while a stop stands or is not acknowledged', () => {
    const firing = inRollout(levels, [[0, { a: 20 }]])
    expect(refused(finish(firing, 'r1', 'done', author, 1))).toBe('409 a stop forbids it')
    const latched = inRollout(levels, [
      [0, { a: 20 }],
      [1, { a: 0 }],
    ])
    expect(stopOf(latched).state).toBe('clear')
    expect(refused(finish(latched, 'r1', 'done', author, 1))).toBe('409 a stop forbids it')
    expect(ok(finish(ok(take(latched)), 'r1', 'done', author, 2_000)).rollout).toMatchObject({
      phase: 'done',
      finishedAt: 2_000,
    })
  })

  it('R06: as failed releases what was latched', () => {
    const failed = ok(finish(inRollout(levels, [[0, { a: 20 }]]), 'r1', 'failed', author, 1))
    expect(stopOf(failed).latch).toBeUndefined()
    expect(failed.rollout?.phase).toBe('failed')
  })

  it('knows only the one under way', () => {
    const none = initialSnapshot(0, levels)
    expect(refused(finish(none, 'r1', 'done', author, 0))).toBe('404 no such rollout is under way')
    const begun = ok(begin(none, { ...author, id: 'r1' }, 0))
    expect(refused(finish(begun, 'r2', 'failed', author, 0))).toBe('404 no such rollout is under way')
  })
})

describe('acknowledging a stop', () => {
  it('R08: is refused while the breach stands', () => {
    expect(refused(take(inRollout(levels, [[0, { a: 20 }]])))).toBe('409 the breach still stands')
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
    expect(refused(take(firing))).toBe('409 the breach still stands')
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
    expect(refused(acknowledge(calm, 'no-such', author, 0))).toBe('404 no such stop condition')
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
