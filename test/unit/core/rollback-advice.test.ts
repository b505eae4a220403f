import { describe, expect, it } from 'vitest'
import type { Answer, Finding } from '../../../src/core/finding.ts'
import type { Latch } from '../../../src/core/latch.ts'
import { speaksForRollback, type StopStatus } from '../../../src/core/stop.ts'

function finding(answer: Answer): Finding {
  return { key: 'sts/sts-0', answer, reason: 'r', message: 'm' }
}

const latch: Latch = {
  at: 1,
  reason: 'r',
  message: 'm',
  culprits: ['sts/sts-0'],
  preexisting: false,
  proven: true,
}

function status(more: Partial<StopStatus>): StopStatus {
  const breach = finding('unmet')
  return {
    id: 'sts-unready',
    state: 'firing',
    since: 1,
    findings: [breach],
    streaks: new Map(),
    firings: 1,
    breach,
    ...more,
  }
}

describe('a stop as a reason to roll back', () => {
  it.each<[string, StopStatus, boolean]>([
    ['a breach that was seen and stands', status({}), true],
    ['one that stands outside a rollout and in one alike', status({ latch }), true],
    ['what fires because nothing can be seen', status({ breach: finding('unknown') }), false],
    ['one that was there before the rollout', status({ latch: { ...latch, preexisting: true } }), false],
    [
      'a latch of a breach that was seen',
      status({ state: 'clear', findings: [finding('met')], latch }),
      true,
    ],
    [
      'a latch of missing evidence alone',
      status({ state: 'clear', latch: { ...latch, proven: false } }),
      false,
    ],
    [
      'a latch that somebody acknowledged',
      status({ state: 'clear', latch: { ...latch, acknowledged: { actor: 'a', reason: 'r', at: 2 } } }),
      false,
    ],
    ['what is only pending', status({ state: 'pending' }), false],
    ['what is switched off', status({ state: 'skipped', latch }), false],
  ])('%s', (_, stop, speaks) => {
    expect(speaksForRollback(stop)).toBe(speaks)
  })
})
