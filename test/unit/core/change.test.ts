import { describe, expect, it } from 'vitest'
import { meaning, transitions } from '../../../src/core/change.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { playShown } from '../../support/timeline.ts'
import { smallRules } from './small-rules.ts'

const rules = smallRules()

describe('the revision', () => {
  it('R30: stays while mere numbers change', () => {
    const played = playShown(rules, [
      [0, { a: 1 }],
      [1, { a: 3 }],
      [2, { a: 7 }],
      [3, { a: 10 }],
      [4, { a: 5 }],
    ])
    expect(played.map(({ revision }) => revision)).toEqual([1, 1, 1, 1, 1])
  })

  it('R30: moves when a state, a culprit or a reason changes', () => {
    const played = playShown(rules, [
      [0, { a: 1 }],
      [1, { a: 20 }],
      [2, { a: 30 }],
      [3, { a: 30, b: 20 }],
      [4, { a: 30, b: 'failed' }],
      [5, { a: 30, b: 'failed' }],
    ])
    expect(played.map(({ revision }) => revision)).toEqual([1, 2, 2, 3, 4, 4])
  })

  it('R30: moves when the verdict ripens', () => {
    const ripening = smallRules({ steady: 10_000 })
    const played = playShown(ripening, [
      [0, { a: 1 }],
      [9, { a: 1 }],
      [10, { a: 1 }],
    ])
    expect(played.map(({ revision }) => revision)).toEqual([1, 1, 2])
  })

  it('R30: is about impediments and the phase of the rollout too', () => {
    const empty = initialSnapshot(0, rules)
    const rollout = { id: 'r', phase: 'rolling', startedAt: 0, detectedBy: 'declared' } as const
    const others: readonly Snapshot[] = [
      { ...empty, impediments: new Map([['x', 'y']]) },
      { ...empty, rollout },
      { ...empty, rollout: { ...rollout, phase: 'done' } },
      { ...empty, rollout: { ...rollout, id: 's' } },
    ]
    const meanings = [empty, ...others].map(meaning)
    expect(new Set(meanings).size).toBe(5)
  })
})

describe('transitions', () => {
  it('are listed for checks, gates, stop conditions and the verdict, with the worst finding', () => {
    const [before, after] = playShown(rules, [
      [0, { a: 1 }],
      [1, { a: 20 }],
    ])
    if (before === undefined || after === undefined) throw new Error('nothing was played')
    expect(transitions(before, after)).toEqual([
      { at: 1_000, subject: 'check', id: 'shallow', from: 'pass', to: 'fail', message: 'a is 20 deep' },
      { at: 1_000, subject: 'gate', id: 'depth', from: 'pass', to: 'fail', message: '' },
      {
        at: 1_000,
        subject: 'stop-condition',
        id: 'deep',
        from: 'clear',
        to: 'firing',
        message: 'a is 20 deep',
      },
      {
        at: 1_000,
        subject: 'verdict',
        id: 'verdict',
        from: 'proceed',
        to: 'stop',
        message: 'Stop: It is deep: a is 20 deep',
      },
    ])
    expect(transitions(after, after)).toEqual([])
  })

  it('begin at unknown', () => {
    const [first] = playShown(rules, [[0, { a: 1 }]])
    const changes = transitions(initialSnapshot(0, rules), first ?? initialSnapshot(0, rules))
    expect(changes.map(({ id, from, to }) => [id, from, to])).toEqual([
      ['shallow', 'unknown', 'pass'],
      ['depth', 'unknown', 'pass'],
      ['deep', 'unknown', 'clear'],
      ['verdict', 'hold', 'proceed'],
    ])
  })
})
