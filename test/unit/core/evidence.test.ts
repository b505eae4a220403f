import { describe, expect, it } from 'vitest'
import { fold } from '../../../src/core/belief.ts'
import { evidenceOf } from '../../../src/core/evidence.ts'
import { blindSpot, unknownReasons, type Batch } from '../../../src/core/observation.ts'
import { gauge, read } from '../../../src/core/signal.ts'
import { aBatch, aTarget, failed, saw, showing } from '../../support/timeline.ts'
import { checkStates, depth, smallRules } from './small-rules.ts'
import { playShown } from '../../support/timeline.ts'

const lag = gauge('small_lag', 'entries', ['stream'], { help: 'How far behind it is.' })
const providers = new Map([
  [depth.name, 'small'],
  [lag.name, 'small'],
])

function evidenceAt(now: number, ...batches: readonly Batch[]) {
  return evidenceOf(fold(new Map(), batches), providers, now)
}

describe('fresh evidence', () => {
  it('R14: is a reading until its time has passed, and a blind spot from then on', () => {
    const batch = showing(0, { a: 3 })
    expect(evidenceAt(15_000, batch).of(depth)).toMatchObject({
      readings: [{ reading: { value: 3 } }],
      unseen: [],
    })
    expect(evidenceAt(15_001, batch).of(depth)).toMatchObject({
      readings: [],
      unseen: [{ unknownReason: 'stale', reason: 'stale', message: 'a was last looked at at 00:00:00 UTC' }],
    })
  })

  it('R14: makes a check unknown without any news once the last look is too old', () => {
    const rules = smallRules()
    const [, later] = playShown(rules, [
      [0, { a: 0 }],
      [16, {}],
    ])
    expect(later?.checks.get('shallow')?.findings[0]?.reason).toBe('never_measured')
    const kept = playShown(rules, [
      [0, { a: 0 }],
      [15, { a: 'never' }],
      [16, { a: 'never' }],
    ])
    expect(checkStates(kept)).toEqual(['pass', 'pass', 'unknown'])
  })

  it('R05: comes with the targets that could not be seen', () => {
    const account = evidenceAt(0, showing(0, { a: 1, b: 'failed', c: 'never' })).of(depth)
    expect(account.readings.map(({ target }) => target.id)).toEqual(['a'])
    expect(account.unseen.map(({ target, unknownReason }) => [target.id, unknownReason])).toEqual([
      ['b', 'unreachable'],
      ['c', 'never_measured'],
    ])
  })

  it.each(unknownReasons)('R01: keeps the reason of a failed look: %s', (reason) => {
    const batch = aBatch('small', 0, [failed(aTarget('a'), 0, reason)])
    expect(evidenceAt(0, batch).of(depth).unseen).toMatchObject([{ unknownReason: reason }])
  })

  it('R05: comes with the blind spots of looks that otherwise succeeded', () => {
    const spot = blindSpot(
      lag,
      { stream: 's' },
      { unknownReason: 'ambiguous', reason: 'null', message: 'no' },
    )
    const target = aTarget('redis', { server: 'one' })
    const look = saw(target, 0, [read(lag, { stream: 't' }, 4)], [spot])
    const evidence = evidenceAt(0, aBatch('small', 0, [look]))
    expect(evidence.of(lag).readings).toHaveLength(1)
    expect(evidence.of(lag).unseen).toEqual([
      {
        target,
        labels: { server: 'one', stream: 's' },
        unknownReason: 'ambiguous',
        reason: 'null',
        message: 'no',
      },
    ])
    expect(evidence.of(lag, { stream: 't' }).unseen).toEqual([])
    expect(evidence.of(depth)).toEqual({ readings: [], unseen: [] })
  })

  it('narrows by labels; a label that only one side has does not disagree', () => {
    const first = saw(aTarget('x/1', { component: 'x' }), 0, [read(lag, { stream: 's' }, 1)])
    const second = failed(aTarget('y/1', { component: 'y' }), 0)
    const evidence = evidenceAt(0, aBatch('small', 0, [first, second]))
    expect(evidence.of(lag, { component: 'x', stream: 's' }).readings).toHaveLength(1)
    expect(evidence.of(lag, { component: 'x', stream: 's' }).unseen).toHaveLength(0)
    expect(evidence.of(lag, { stream: 's' }).unseen).toHaveLength(1)
    expect(evidence.targets(lag, { component: 'y' }).map(({ id }) => id)).toEqual(['y/1'])
  })

  it('R01: knows nothing of a signal that no probe gives', () => {
    const evidence = evidenceOf(new Map(), new Map(), 0)
    expect(evidence.of(depth)).toEqual({ readings: [], unseen: [] })
    expect(evidence.targets(depth)).toEqual([])
  })
})

describe('a reading', () => {
  it.each([Number.NaN, Infinity, -Infinity])('R01: is not made of %s', (value) => {
    expect(() => read(depth, {}, value)).toThrow(RangeError)
  })
})
