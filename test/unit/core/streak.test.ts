import { describe, expect, it } from 'vitest'
import type { Condition, Finding } from '../../../src/core/finding.ts'
import { checkStatus } from '../../../src/core/gate.ts'
import { judge, worstFirst } from '../../../src/core/judge.ts'
import { momentAt } from '../../../src/core/moment.ts'
import { nextStreaks, type Streaks } from '../../../src/core/streak.ts'
import { stopStatus } from '../../../src/core/stop.ts'
import { aCheck, aStop } from './small-rules.ts'

function aFinding(key: string, answer: Finding['answer'], more: Partial<Finding> = {}): Finding {
  const why = answer === 'unknown' ? ({ unknownReason: 'unreachable' } as const) : {}
  return { key, answer, reason: answer, message: answer, ...why, ...more }
}

function tickAt(now: number) {
  return { ...momentAt(now), gap: false, rollout: false }
}

function streaksAfter(...steps: readonly (readonly Finding[])[]): Streaks {
  return steps.reduce<Streaks>(
    (streaks, findings, n) =>
      nextStreaks(streaks, findings, ({ answer }) => answer === 'unmet', tickAt(n * 1_000)),
    new Map(),
  )
}

describe('a subject that is not mentioned any more', () => {
  it('R43: is forgotten with what it had proven, also while something else cannot be seen', () => {
    const gone = streaksAfter([aFinding('a', 'met'), aFinding('b', 'met')], [aFinding('b', 'unknown')])
    expect([...gone.keys()]).toEqual(['b'])
  })

  it('R12: is remembered while it was breached and may be hidden', () => {
    const hidden = streaksAfter([aFinding('a', 'unmet'), aFinding('b', 'met')], [aFinding('b', 'unknown')])
    expect(hidden.get('a')).toMatchObject({ breachedSince: 0, answer: 'unknown' })
    const seen = streaksAfter([aFinding('a', 'unmet'), aFinding('b', 'met')], [aFinding('b', 'met')])
    expect([...seen.keys()]).toEqual(['b'])
  })
})

describe('a finding with a hold of its own', () => {
  const check = aCheck('it', { failAfter: 10_000, warmUp: 60_000 })
  const stop = aStop({ kind: 'level', hold: 10_000, warmUp: 60_000 })

  function after(seconds: number, hold: number) {
    const findings = [aFinding('a', 'unmet', { hold })]
    const from = tickAt(0)
    const to = tickAt(seconds * 1_000)
    return [
      checkStatus(check, checkStatus(check, undefined, findings, from), findings, to).state,
      stopStatus(stop, stopStatus(stop, undefined, findings, from), findings, to).state,
    ]
  }

  it('R11: has no warm-up: 0 fails and fires at first sight', () => {
    expect(after(0, 0)).toEqual(['fail', 'firing'])
  })

  it('R38: that is infinite never fails and never fires', () => {
    expect(after(1e9, Infinity)).toEqual(['pending', 'pending'])
  })
})

describe('what is only missing beside what is seen', () => {
  it('R39: stands behind what is seen, and before what is better', () => {
    const listed = worstFirst([
      aFinding('a', 'unknown'),
      aFinding('b', 'unmet', { indirect: true }),
      aFinding('c', 'unmet'),
      aFinding('d', 'met'),
    ])
    expect(listed.map(({ key }) => key)).toEqual(['c', 'b', 'a', 'd'])
  })

  it.each([
    ['cannot-prove', {}, 'firing'],
    ['cannot-prove', { indirect: true }, 'unknown'],
    ['cannot-prove', { unknownReason: 'not_configured' }, 'unknown'],
    ['level', {}, 'unknown'],
  ] as const)('R41: that is unknown is no breach of a stop of kind %s, %j: %s', (kind, more, state) => {
    const unknown: Condition = {
      claims: 'it is there',
      signals: [],
      judge: () => [aFinding('a', 'unknown', more)],
    }
    const findings = judge(
      unknown,
      { now: 0, of: () => ({ readings: [], unseen: [] }), targets: () => [] },
      {
        now: 0,
        baseline: () => undefined,
        baselines: () => [],
      },
    )
    const tick = tickAt(0)
    expect(stopStatus(aStop({ kind }), undefined, findings, tick).state).toBe(state)
  })
})
