import { describe, expect, it } from 'vitest'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { begin, finish } from '../../../src/rollout/commands.ts'
import { playShown } from '../../support/timeline.ts'
import { aStop, smallRules, stopOf } from '../core/small-rules.ts'
import { author, inRollout, last, ok, refused, take } from './commanding.ts'

const levels = smallRules()

describe('beginning a rollout', () => {
  it('takes the declared phase, or preflight, and writes it down', () => {
    const result = begin(
      initialSnapshot(0, levels),
      { ...author, id: 'r1', expected: { chart: 'caracal-1.2.3' } },
      5,
    )
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
      finish(
        ok(begin(initialSnapshot(0, levels), { ...author, id: 'r1' }, 0)),
        'r1',
        { outcome: 'failed' },
        author,
        1,
      ),
    )
    expect(refused(begin(ended, { ...author, id: 'r1' }, 2))).toBe('409 this rollout has ended')
  })

  it('X83: R75: does not give an id again, not even that of one long ago', () => {
    let snapshot = initialSnapshot(0, levels)
    for (const id of ['r1', 'r2', 'r3'])
      snapshot = ok(begin(snapshot, { ...author, id, supersede: true }, snapshot.at))
    for (const id of ['r1', 'r2'])
      expect(refused(begin(snapshot, { ...author, id, supersede: true }, 9))).toBe(
        '409 this rollout has ended',
      )
    expect(ok(begin(snapshot, { ...author, id: 'r3', phase: 'rolling' }, 9)).rollout?.phase).toBe('rolling')
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

  it('forgets baselines of the last rollout and no other baselines, and what the daemon lacked', () => {
    const before: Snapshot = {
      ...initialSnapshot(0, levels),
      baselines: new Map([
        ['rollout:version', 1],
        ['count', 7],
      ]),
      impediments: new Map([['memory-lost', 'the state is lost']]),
    }
    const begun = ok(begin(before, { ...author, id: 'r1' }, 0))
    expect([...begun.baselines]).toEqual([['count', 7]])
    expect(begun.impediments.size).toBe(0)
  })
})

describe('finishing a rollout', () => {
  it('R24: is refused as done while a stop stands or is not acknowledged', () => {
    const firing = inRollout(levels, [[0, { a: 20 }]])
    expect(refused(finish(firing, 'r1', { outcome: 'done' }, author, 1))).toBe('409 a stop forbids it')
    const latched = inRollout(levels, [
      [0, { a: 20 }],
      [1, { a: 0 }],
    ])
    expect(stopOf(latched).state).toBe('clear')
    expect(refused(finish(latched, 'r1', { outcome: 'done' }, author, 1))).toBe('409 a stop forbids it')
    const [judged] = playShown(levels, [[1_500, { a: 0 }]], ok(take(latched)))
    const done = ok(finish(judged ?? latched, 'r1', { outcome: 'done' }, author, 2_000))
    expect(done.rollout).toMatchObject({ phase: 'done', finishedAt: 2_000 })
    expect(done.rollout?.forced).toBeUndefined()
  })

  it('X83: R73: is refused as done while not everything is proven', () => {
    const unseen = inRollout(levels, [[0, { a: 'failed' }]])
    const result = finish(unseen, 'r1', { outcome: 'done' }, author, 1)
    expect(result).toMatchObject({
      code: 'not-proven',
      detail: expect.stringMatching(/^not proven: depth, deep; .*force/) as string,
    })
    const steady = smallRules({ steady: 60_000 })
    const proven = inRollout(steady, [[0, { a: 0 }]])
    expect(proven.verdict.verdict).toBe('hold')
    expect(
      ok(finish(proven, 'r1', { outcome: 'done', force: true }, author, 1)).rollout?.forced,
    ).toBeUndefined()
    const impeded = { ...proven, impediments: new Map([['memory-lost', 'the state is lost']]) }
    const [judged] = playShown(steady, [[1, { a: 0 }]], impeded)
    expect(refused(finish(judged ?? proven, 'r1', { outcome: 'done' }, author, 2))).toBe(
      '409 not everything is proven',
    )
  })

  it('X83: R73: says who forced it and what was not proven, and a stop is not forced away', () => {
    const unseen = inRollout(levels, [[0, { a: 'failed' }]])
    const forced = finish(unseen, 'r1', { outcome: 'done', force: true }, author, 1)
    expect(forced).toMatchObject({
      snapshot: { rollout: { phase: 'done', forced: author } },
      events: [
        { kind: 'rollout-finished', to: 'forced', actor: 'ann', message: 'seen (not proven: depth, deep)' },
      ],
    })
    const firing = inRollout(levels, [[0, { a: 20 }]])
    expect(refused(finish(firing, 'r1', { outcome: 'done', force: true }, author, 1))).toBe(
      '409 a stop forbids it',
    )
  })

  it('R06: as failed releases what was latched', () => {
    const failed = ok(finish(inRollout(levels, [[0, { a: 20 }]]), 'r1', { outcome: 'failed' }, author, 1))
    expect(stopOf(failed).latch).toBeUndefined()
    expect(failed.rollout?.phase).toBe('failed')
  })

  it('knows only the one under way', () => {
    const none = initialSnapshot(0, levels)
    expect(refused(finish(none, 'r1', { outcome: 'done' }, author, 0))).toBe(
      '404 no such rollout is under way',
    )
    const begun = ok(begin(none, { ...author, id: 'r1' }, 0))
    expect(refused(finish(begun, 'r2', { outcome: 'failed' }, author, 0))).toBe(
      '404 no such rollout is under way',
    )
  })
})
