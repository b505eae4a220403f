import { describe, expect, it } from 'vitest'
import { append, firstBroken, type Event } from '../../../src/rollout/ledger.ts'
import { nothingRemembered as nothing, type Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'

function line(at: number, subject: string, to: string, rest: Partial<Event> = {}): Event {
  return { at, kind: 'transition', subject, message: `at ${at}`, to, ...rest }
}

function told(memory: Memory, ...events: readonly Event[]): Memory {
  return { ...memory, ledger: append(memory.ledger, events) }
}

function ats({ ledger }: Memory): readonly number[] {
  expect(firstBroken(ledger)).toBeUndefined()
  return ledger.map(({ at }) => at)
}

describe('one ledger of two', () => {
  const base = told(nothing, line(1, 'verdict', 'hold'))

  it('goes on from theirs with what is new in ours', () => {
    const [ours, theirs] = [told(base, line(20_000, 'a', 'pass')), told(base, line(9_000, 'b', 'pass'))]
    expect(ats(merge(base, ours, theirs))).toEqual([1, 9_000, 20_000])
  })

  it('tells once what both have seen within moments, each as often as it happened', () => {
    const ours = told(base, line(1_000, 'a', 'fail'), line(2_000, 'a', 'pass'), line(3_000, 'a', 'fail'))
    const theirs = told(base, line(1_100, 'a', 'fail'), line(2_100, 'a', 'pass'))
    expect(ats(merge(base, ours, theirs))).toEqual([1, 1_100, 2_100, 3_000])
  })

  it('tells one beginning of a rollout, also where the other has seen it in a later phase', () => {
    const begun = (at: number, to: string, id = 'caracal-r6') =>
      line(at, id, to, { kind: 'rollout-begun', rollout: id, actor: 'detection' })
    const theirs = told(base, begun(1_000, 'preflight'))
    expect(ats(merge(base, told(base, begun(2_000, 'migrating')), theirs))).toEqual([1, 1_000])
    expect(ats(merge(base, told(base, begun(2_000, 'preflight', 'caracal-r7')), theirs))).toEqual([
      1, 1_000, 2_000,
    ])
    expect(ats(merge(base, told(base, begun(9_000, 'migrating')), theirs))).toEqual([1, 1_000, 9_000])
  })

  it('leaves out nothing that a person did, and not what is far apart', () => {
    const done = (at: number) => line(at, 'a', 'x', { kind: 'acknowledged', actor: 'ann' })
    expect(ats(merge(base, told(base, done(10)), told(base, done(20))))).toEqual([1, 20, 10])
    const [early, late] = [told(base, line(10, 'a', 'x')), told(base, line(9_000, 'a', 'x'))]
    expect(ats(merge(base, early, late))).toEqual([1, 9_000, 10])
  })

  it('is ours when theirs began anew, with what they have seen since', () => {
    const ours = told(base, line(10, 'a', 'x'), line(20_000, 'b', 'x'))
    expect(ats(merge(base, ours, told(nothing, line(30_000, 'c', 'x'))))).toEqual([1, 10, 20_000, 30_000])
  })

  it('is cut at the front like any other', () => {
    const many = (from: number) =>
      Array.from({ length: 400 }, (_, n) => line(from + n * 10, `s${from + n}`, 'x'))
    const merged = merge(base, told(base, ...many(10)), told(base, ...many(50_000)))
    expect(ats(merged)).toHaveLength(500)
    expect(merged.ledger.at(-1)?.sequence).toBe(801)
  })
})
