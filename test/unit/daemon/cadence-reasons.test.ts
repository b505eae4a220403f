import { describe, expect, it } from 'vitest'
import { answers, type Answer, type Finding } from '../../../src/core/finding.ts'
import { checkStates, type CheckState } from '../../../src/core/gate.ts'
import type { Latch } from '../../../src/core/latch.ts'
import { PUSHED_EVIDENCE, unknownReasons, type UnknownReason } from '../../../src/core/observation.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { stopStates, type StopState } from '../../../src/core/stop.ts'
import type { Streak } from '../../../src/core/streak.ts'
import { PATIENCE, nextCadence } from '../../../src/daemon/cadence.ts'
import { smallRules } from '../core/small-rules.ts'

/** What a check or stop condition can be in, beside its state and how long it has been so. */
interface Case {
  readonly answer: Answer
  readonly unknownReason?: UnknownReason
  readonly latch?: Latch
  readonly breached: boolean
  readonly pushed: boolean
}

const latch: Latch = { at: 0, reason: 'r', message: '', culprits: ['a'], preexisting: false, proven: true }
const acknowledged: Latch = { ...latch, acknowledged: { actor: 'a', reason: 'r', at: 1 } }
const latches = [undefined, latch, { ...latch, preexisting: true }, acknowledged]
const kinds = answers.flatMap((answer) =>
  (answer === 'unknown' ? [undefined, ...unknownReasons] : [undefined]).map((unknownReason) => ({
    answer,
    ...(unknownReason !== undefined && { unknownReason }),
  })),
)
const cases: readonly Case[] = kinds.flatMap((kind) =>
  latches.flatMap((one) =>
    [true, false].flatMap((breached) =>
      [true, false].map((pushed) => ({ ...kind, ...(one && { latch: one }), breached, pushed })),
    ),
  ),
)

/** One check or stop condition in this state, which has stood so for `stood`; quiet was the cadence before. */
function cadenceIn(state: CheckState | StopState, of: 'check' | 'stop', given: Case, stood: number): string {
  const { answer, unknownReason, breached, pushed } = given
  const now = 10 * PATIENCE
  const since = now - stood
  const finding: Finding = {
    key: 'a',
    answer,
    reason: 'r',
    message: '',
    target: 't',
    ...(unknownReason !== undefined && { unknownReason }),
  }
  const streak: Streak = {
    answer,
    since,
    firstSeen: 0,
    everMet: true,
    ...(breached && { breachedSince: since }),
  }
  const status = { id: 'x', since, findings: [finding], streaks: new Map([['a', streak]]) }
  const target = { id: 't', labels: {} }
  const beliefs = pushed ? [[PUSHED_EVIDENCE, { at: 0, targets: new Map([['t', { target }]]) }] as const] : []
  const stop = {
    ...status,
    state: state as StopState,
    firings: 1,
    ...(given.latch && { latch: given.latch }),
  }
  const shown: Snapshot = {
    ...initialSnapshot(now, smallRules()),
    beliefs: new Map(beliefs),
    checks: new Map(of === 'check' ? [['x', { ...status, state: state as CheckState }]] : []),
    stops: new Map(of === 'stop' ? [['x', stop]] : []),
  }
  return nextCadence({ cadence: 'quiet', lastReasonAt: 0 }, shown).cadence
}

describe('R87: X50: the cadence by what more attempts can change', () => {
  const states = [
    ...checkStates.map((state) => ['check', state] as const),
    ...stopStates.map((state) => ['stop', state] as const),
  ]

  it.each(states)('a %s that is %s', (of, state) => {
    const isWell = ['pass', 'clear', 'skipped'].includes(state)
    for (const given of cases) {
      const { answer, unknownReason = 'none', breached, pushed } = given
      const isWaiting =
        pushed || ['not_configured', 'unauthorized', 'throttled', 'late'].includes(unknownReason)
      const isWrong = answer === 'unmet' || answer === 'unknown' || breached
      const expected = isWell ? 'quiet' : isWrong ? (isWaiting ? 'quiet' : 'brisk') : undefined
      const young = cadenceIn(state, of, given, PATIENCE - 1)
      const which = JSON.stringify(given)
      // Without anything wrong only the time goes on, as in a recovery: and nothing at all where all is unknown.
      expect(young, which).toBe(expected ?? (state === 'unknown' ? 'quiet' : 'brisk'))
      expect(cadenceIn(state, of, given, PATIENCE), which).toBe('quiet')
    }
  })
})
