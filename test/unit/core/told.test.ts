import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import { speaksForRollback } from '../../../src/core/stop.ts'
import { timeOfDay } from '../../../src/core/time.ts'
import { playShown, type Shown } from '../../support/timeline.ts'
import { inRollout, last, ok, refused, take } from '../rollout/commanding.ts'
import { aStop, nothingArrives, smallRules, stopOf } from './small-rules.ts'

type Script = readonly (readonly [number, Shown])[]

const window = 600_000
const standing = smallRules({ stops: [aStop({ kind: 'edge', window })] })
const events = smallRules({ stops: [aStop({ kind: 'edge', condition: nothingArrives, window })] })
const level = smallRules({ stops: [aStop({ clearAfter: 10_000 })] })

/** What the stop condition says at the end. */
function toldOf(snapshots: readonly Snapshot[]) {
  const { state, cause, over } = stopOf(last(snapshots))
  return { state, cause, over }
}

describe('a stop condition that fires on after its breach', () => {
  it('R80: X10: says that it is over, with what is observed now', () => {
    const played = playShown(standing, [
      [0, { a: 0 }],
      [10, { a: 20 }],
      [70, { a: 3 }],
      [71, { a: 2 }],
    ])
    expect(toldOf(played)).toEqual({
      state: 'firing',
      over: { since: 70_000, clearsAt: 610_000, awaits: 'window' },
      cause: {
        key: 'a',
        answer: 'met',
        reason: 'deep',
        message: 'over since 00:01:10 UTC, clear at 00:10:10 UTC: a is 2 deep, was 20',
        observed: { value: 2, unit: 'entries' },
        threshold: { op: '<=', value: 10, clear: 5 },
        target: 'a',
      },
    })
    expect(last(played).verdict.summary).toBe(
      'Stop: It is deep: over since 00:01:10 UTC, clear at 00:10:10 UTC: a is 2 deep, was 20',
    )
  })

  it('R80: X10: clears at the instant that it names', () => {
    const script: Script = [
      [10, { a: 20 }],
      [70, { a: 3 }],
    ]
    const at = (seconds: number) => toldOf(playShown(standing, [...script, [seconds, { a: 3 }]])).state
    expect([at(609), at(610)]).toEqual(['firing', 'clear'])
  })

  it('R80: X10: says so of events whose count began anew', () => {
    const script: Script = [
      [0, { a: 3 }],
      [10, { a: 8 }],
      [20, { a: 0 }],
    ]
    expect(toldOf(playShown(events, script))).toMatchObject({
      state: 'firing',
      cause: {
        answer: 'met',
        observed: { value: 0 },
        message: 'over since 00:00:20 UTC, clear at 00:10:10 UTC: a took 0, was 5',
      },
    })
  })

  it('R80: says of a subject that is gone that it is', () => {
    const script: Script = [
      [10, { a: 20, b: 0 }],
      [20, { b: 0 }],
    ]
    const { cause } = toldOf(playShown(standing, script))
    expect(cause).toMatchObject({
      key: 'a',
      answer: 'met',
      message: expect.stringContaining(': a is gone, was'),
    })
    expect(cause?.observed).toBeUndefined()
  })

  it('R80: of a level says when it has been well for long enough', () => {
    const script: Script = [
      [10, { a: 20 }],
      [12, { a: 0 }],
    ]
    expect(toldOf(playShown(level, script))).toMatchObject({
      state: 'firing',
      over: { since: 12_000, clearsAt: 22_000, awaits: 'calm' },
      cause: { observed: { value: 0 } },
    })
  })

  it('R80: X23: names whom it can not see, and not what was, as its subject', () => {
    const script: Script = [
      [10, { a: 20 }],
      [11, { a: 0, b: 'never' }],
    ]
    const { state, cause, over } = toldOf(playShown(level, script))
    expect([state, over]).toEqual(['firing', undefined])
    expect(cause).toMatchObject({
      key: 'b',
      answer: 'unknown',
      unknownReason: 'never_measured',
      message: 'b was never seen; it fired for: a is 20 deep',
    })
    expect(cause?.observed).toBeUndefined()
  })

  it('R80: shows no value of what it can no longer see', () => {
    const script: Script = [
      [10, { a: 20, b: 0 }],
      [11, { a: 'failed', b: 0 }],
    ]
    const { cause } = toldOf(playShown(level, script))
    expect(cause).toMatchObject({
      key: 'a',
      answer: 'unknown',
      message: 'a cannot be seen; it fired for: a is 20 deep',
    })
    expect(cause?.observed).toBeUndefined()
  })

  it('R80: speaks for going back by what was seen, also while it can not be seen', () => {
    const fired = inRollout(level, [
      [10, { a: 20 }],
      [11, { a: 'failed' }],
    ])
    expect(speaksForRollback(stopOf(fired))).toBe(true)
  })
})

describe('acknowledging what is over outside a rollout', () => {
  const over: Script = [
    [0, { a: 0 }],
    [10, { a: 20 }],
    [70, { a: 3 }],
  ]

  it('R81: X10: is accepted and ends it', () => {
    const acknowledged = ok(take(last(playShown(standing, over))))
    const next = last(playShown(standing, [[71, { a: 3 }]], acknowledged))
    expect([stopOf(next).state, next.verdict.verdict]).toEqual(['clear', 'proceed'])
  })

  it('R81: X10: is accepted of events whose count began anew', () => {
    const script: Script = [
      [0, { a: 3 }],
      [10, { a: 8 }],
      [20, { a: 0 }],
    ]
    const acknowledged = ok(take(last(playShown(events, script))))
    expect(stopOf(last(playShown(events, [[21, { a: 0 }]], acknowledged))).state).toBe('clear')
  })

  it('R81: does not cover what comes after it', () => {
    const acknowledged = ok(take(last(playShown(standing, over))))
    const next = last(playShown(standing, [[71, { a: 20 }]], acknowledged))
    expect(stopOf(next)).toMatchObject({ state: 'firing', firings: 2 })
  })

  it.each<[string, Shown]>([
    ['stands again', { a: 20 }],
    ['can not be seen', { a: 'failed' }],
    ['is near its limit', { a: 7 }],
  ])('R81: is refused while it %s', (_, shown) => {
    const snapshot = last(playShown(standing, [...over, [71, shown]]))
    expect(refused(take(snapshot))).toBe('409 the stop condition is still firing')
  })

  it('R81: is refused while a level was well for less than it must be', () => {
    const script: Script = [
      [10, { a: 20 }],
      [12, { a: 0 }],
    ]
    expect(refused(take(last(playShown(level, script))))).toBe('409 the stop condition is still firing')
  })
})

describe('the time of day', () => {
  it('is that of the instant in UTC', () => {
    for (const instant of [0, 59_999, 86_399_999, Date.UTC(2026, 10, 22, 20, 15, 7, 999)])
      expect(timeOfDay(instant)).toBe(`${new Date(instant).toISOString().slice(11, 19)} UTC`)
  })
})
