import { describe, expect, it } from 'vitest'
import { checkStates as states, worstState, type CheckState } from '../../../src/core/gate.ts'
import { atMost } from '../../../src/core/claim.ts'
import { type Condition } from '../../../src/core/finding.ts'
import { playShown } from '../../support/timeline.ts'
import { aCheck, checkStates, depth, smallRules } from './small-rules.ts'

function rulesWith(overrides: Parameters<typeof aCheck>[1]) {
  return smallRules({ gates: [{ id: 'depth', title: 'Depth', checks: [aCheck('shallow', overrides)] }] })
}

describe('the worst of states', () => {
  const order: readonly CheckState[] = ['skipped', 'pass', 'pending', 'unknown', 'fail']

  it.each(order.flatMap((a) => order.map((b) => [a, b] as const)))(
    'R10: of %s and %s is the later in order',
    (a, b) => {
      const enforced = [a, b].filter((state) => state !== 'skipped')
      const worst =
        enforced.length === 0 ? 'unknown' : order[Math.max(...enforced.map((s) => order.indexOf(s)))]
      expect(worstState([a, b])).toBe(worst)
      expect(states).toContain(worst)
    },
  )

  it('R10: of nothing is unknown', () => {
    expect(worstState([])).toBe('unknown')
  })
})

describe('a check', () => {
  it('R01: passes on what was measured alone', () => {
    const played = playShown(smallRules(), [
      [0, { a: 'never' }],
      [1, { a: 'failed' }],
      [2, { a: 0 }],
      [3, { a: 0, b: 'failed' }],
      [4, {}],
    ])
    expect(checkStates(played)).toEqual(['unknown', 'unknown', 'pass', 'unknown', 'unknown'])
  })

  it('R13: fails above the limit and passes again only at or below the lower one', () => {
    const played = playShown(
      smallRules(),
      [10, 11, 10, 6, 5, 6, 10].map((value, at) => [at, { a: value }] as const),
    )
    expect(checkStates(played)).toEqual(['pass', 'fail', 'fail', 'fail', 'pass', 'pass', 'pass'])
  })

  it('R31: names what makes it fail before what is only waited for', () => {
    const played = playShown(rulesWith({ failAfter: 5_000 }), [
      [0, { a: 0, b: 0, c: 0 }],
      [1, { a: 0, b: 20, c: 0 }],
      [4, { a: 30, b: 20, c: 'failed' }],
      [6, { a: 30, b: 20, c: 'failed' }],
      [7, { a: 30, b: 0, c: 'failed' }],
    ])
    const named = played.map(({ checks }) => checks.get('shallow')?.findings[0]?.key)
    expect(checkStates(played)).toEqual(['pass', 'pending', 'unknown', 'fail', 'unknown'])
    expect(named.slice(1)).toEqual(['b', 'c', 'b', 'c'])
  })

  it('R13: names the reason of a breach for as long as it goes on', () => {
    const played = playShown(smallRules({ stops: [] }), [
      [0, { a: 20 }],
      [1, { a: 7 }],
      [2, { a: 8 }],
      [3, { a: 0 }],
      [4, { a: 7 }],
    ])
    expect(played.map((snapshot) => snapshot.checks.get('shallow')?.findings[0]?.reason)).toEqual([
      'deep',
      'deep',
      'deep',
      'ok',
      'ok',
    ])
    expect(played[1]?.verdict.blocking).toMatchObject([
      { state: 'fail', reason: 'deep', message: 'a is 7 deep' },
    ])
  })

  it('is pending until the breach has stood for its hold', () => {
    const played = playShown(rulesWith({ failAfter: 30_000 }), [
      [0, { a: 0 }],
      [1, { a: 20 }],
      [30, { a: 20 }],
      [31, { a: 20 }],
      [32, { a: 0 }],
    ])
    expect(checkStates(played)).toEqual(['pass', 'pending', 'pending', 'fail', 'pass'])
  })

  it('R11: gives a subject that was never well its warm-up, and one that was none', () => {
    const played = playShown(rulesWith({ warmUp: 100_000 }), [
      [0, { a: 20 }],
      [50, { a: 20 }],
      [99, { a: 20, b: 20 }],
      [100, { a: 20, b: 20 }],
      [120, { a: 0, b: 20 }],
      [121, { a: 20, b: 0 }],
    ])
    expect(checkStates(played)).toEqual(['pending', 'pending', 'pending', 'fail', 'pending', 'fail'])
  })

  it('R07: waits for its whole hold anew after a gap', () => {
    const played = playShown(rulesWith({ failAfter: 30_000 }), [
      [0, { a: 20 }],
      [20, { a: 20 }],
      [200, { a: 20 }],
      [229, { a: 20 }],
      [230, { a: 20 }],
    ])
    expect(checkStates(played)).toEqual(['pending', 'pending', 'pending', 'pending', 'fail'])
  })

  it.each([
    ['R12: goes on after 30 s without evidence', 30, 'fail'],
    ['R12: starts anew after 31 s without evidence', 31, 'pending'],
  ])('%s', (_, seconds, state) => {
    const played = playShown(rulesWith({ failAfter: 20_000 }), [
      [0, { a: 20 }],
      [1, { a: 'failed' }],
      [seconds, { a: 'failed' }],
      [seconds + 0.5, { a: 20 }],
    ])
    expect(checkStates(played)).toEqual(['pending', 'unknown', 'unknown', state])
  })

  it('R12: remembers a subject that is hidden behind a look that failed, for 30 s', () => {
    const hidden: Condition = {
      claims: 'each depth is low',
      signals: [depth],
      judge: (evidence) => {
        const found = atMost(
          evidence.of(depth),
          depth,
          { trip: 10, clear: 5 },
          { reason: 'deep', describe: () => '' },
        )
        return found.map((finding) =>
          finding.answer === 'unknown' ? { ...finding, key: 'server' } : finding,
        )
      },
    }
    const rules = rulesWith({ failAfter: 20_000, condition: hidden })
    const back = playShown(rules, [
      [0, { a: 20 }],
      [15, { a: 'failed' }],
      [25, { a: 20 }],
    ])
    expect(checkStates(back)).toEqual(['pending', 'unknown', 'fail'])
    const late = playShown(rules, [
      [0, { a: 20 }],
      [31, { a: 'failed' }],
      [32, { a: 20 }],
    ])
    expect(checkStates(late)).toEqual(['pending', 'unknown', 'pending'])
  })

  it('forgets a subject that is not there any more', () => {
    const played = playShown(rulesWith({ failAfter: 20_000 }), [
      [0, { a: 20, b: 0 }],
      [15, { b: 0 }],
      [25, { a: 20, b: 0 }],
    ])
    expect(checkStates(played)).toEqual(['pending', 'pass', 'pending'])
  })

  it('says since when it is in its state', () => {
    const played = playShown(smallRules(), [
      [0, { a: 0 }],
      [1, { a: 1 }],
      [2, { a: 20 }],
      [3, { a: 30 }],
    ])
    expect(played.map((snapshot) => snapshot.checks.get('shallow')?.since)).toEqual([0, 0, 2_000, 2_000])
    expect(played.map((snapshot) => snapshot.gates.get('depth')?.since)).toEqual([0, 0, 2_000, 2_000])
  })
})

describe('a gate', () => {
  const gates = [{ id: 'depth', title: 'Depth', checks: [aCheck('shallow'), aCheck('other')] }]

  it('R10: is the worst of its enforced checks', () => {
    const skipped = new Map([['shallow', 'not here']])
    const [snapshot] = playShown(smallRules({ gates, skipped }), [[0, { a: 0 }]])
    expect(snapshot?.checks.get('shallow')).toMatchObject({
      state: 'skipped',
      findings: [{ reason: 'switched_off', message: 'not here' }],
    })
    expect(snapshot?.gates.get('depth')?.state).toBe('pass')
  })

  it('R10: without one enforced check is unknown', () => {
    const skipped = new Map([
      ['shallow', 'not here'],
      ['other', 'not here'],
    ])
    const [snapshot] = playShown(smallRules({ gates, skipped }), [[0, { a: 0 }]])
    expect(snapshot?.gates.get('depth')?.state).toBe('unknown')
    expect(snapshot?.verdict.verdict).toBe('hold')
  })

  it('R10: that is switched off as a whole is listed as skipped, and none is not proven', () => {
    const rules = smallRules({ gates, skipped: new Map([['depth', 'not here']]) })
    const [first, second] = playShown(rules, [
      [0, { a: 20 }],
      [1, { a: 20 }],
    ])
    expect(first?.gates.get('depth')?.state).toBe('skipped')
    expect([...(second?.checks.values() ?? [])].map(({ state, since }) => [state, since])).toEqual([
      ['skipped', 0],
      ['skipped', 0],
    ])
    const [calm] = playShown(rules, [[0, { a: 0 }]])
    expect(calm?.verdict).toMatchObject({
      verdict: 'hold',
      summary: 'Hold: every gate is switched off, so nothing is proven',
    })
  })
})
