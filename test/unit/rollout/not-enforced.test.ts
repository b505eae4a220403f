import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { notEnforcedAfter, unitedNotEnforced, type NotEnforced } from '../../../src/rollout/not-enforced.ts'
import { smallRules } from '../core/small-rules.ts'

const rollout = { id: 'r1', phase: 'rolling', startedAt: 5, detectedBy: 'declared' } as const
const empty = { ...initialSnapshot(0, smallRules()), rollout }
const shadow = { mode: 'shadow', until: 90, of: 'deep' } as const

function seen(at: number, waived?: typeof shadow) {
  const status = {
    id: 'deep',
    state: 'clear',
    since: 0,
    findings: [],
    streaks: new Map(),
    firings: 0,
  } as const
  const stops = new Map([['deep', { ...status, ...(waived !== undefined && { waived }) }]])
  return { ...empty, at, stops }
}

function one(at: number, more: Partial<NotEnforced> = {}): NotEnforced {
  return { subject: 'gate/x', mode: 'overridden', at, until: 100, latched: false, ...more }
}

describe('R271: what did not count in a rollout', () => {
  it('is a shadow from when it was seen until it counted again', () => {
    const begun = notEnforcedAfter([], seen(6, shadow), rollout)
    expect(begun).toEqual([
      { subject: 'stop-condition/deep', mode: 'shadow', at: 6, until: 90, latched: false },
    ])
    expect(notEnforcedAfter(begun, seen(7, shadow), rollout)).toBe(begun)
    expect(notEnforcedAfter(begun, seen(8), rollout)).toMatchObject([{ at: 6, ended: 8 }])
    // It ended at its time, and not before that.
    expect(notEnforcedAfter(begun, seen(91), rollout)).toBe(begun)
  })

  it('is not known where its beginning was not seen, or where it is too much', () => {
    expect(notEnforcedAfter(undefined, seen(6, shadow), rollout)).toBeUndefined()
    const many = Array.from({ length: 30 }, (_, at) => one(at, { ended: at }))
    expect(notEnforcedAfter(many, seen(6), rollout)).toBe(many)
    expect(notEnforcedAfter(many, seen(6, shadow), rollout)).toBeUndefined()
  })

  it('is what two replicas of the exporter saw, each once, in either order', () => {
    const theirs = [one(2, { mode: 'shadow' }), one(9)]
    const ours = [one(1, { mode: 'shadow' }), one(9, { ended: 20 })]
    const united = unitedNotEnforced(ours, theirs)
    expect(united).toEqual([one(1, { mode: 'shadow' }), one(9, { ended: 20 })])
    expect(unitedNotEnforced(theirs, ours)).toEqual(united)
    expect(unitedNotEnforced(undefined, theirs)).toBe(theirs)
  })

  it('ends an override that another one replaces, and one that never held where it begins', () => {
    const override = { at: 10, until: 100, actor: 'ann', reason: 'why', latched: false, rollout: 'r1' }
    const after = { ...seen(20), overrides: new Map([['deep', override]]) }
    const [earlier, later] = [8, 12].map((at) => one(at, { subject: 'stop-condition/deep' })) as [
      NotEnforced,
      NotEnforced,
    ]
    expect(notEnforcedAfter([earlier], after, rollout)?.map(({ ended }) => ended)).toEqual([10, undefined])
    expect(notEnforcedAfter([later], after, rollout)?.map(({ ended }) => ended)).toEqual([undefined, 12])
  })
})
