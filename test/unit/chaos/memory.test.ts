import { describe, expect, it } from 'vitest'
import { violationsOf } from '../../../chaos/invariants/index.ts'
import type { Recording } from '../../../chaos/recording.ts'
import { calmRecording, commandAt, documentAt, facts, fault, stopping } from './recordings.ts'

function found(changes: Partial<Recording>): readonly string[] {
  return violationsOf(calmRecording(changes), facts)
    .filter(({ invariant }) => invariant === 3)
    .map(({ what }) => what)
}

const latchedAt = '2026-01-01T00:00:00.000Z'
const under = (id: string, phase = 'rolling') => ({ rollout: { id, phase } })

describe('nothing that was answered with 2xx is lost', () => {
  const begin = commandAt(1_000, { name: 'begin', subject: 'r2' })

  it('a rollout that was begun', () => {
    expect(found({ commands: [begin], readings: [documentAt(2_000, 'hold', under('r1'))] })).toEqual([
      'begin r2  was answered 201, and is not there 1.0 s later',
    ])
    expect(found({ commands: [begin], readings: [documentAt(2_000, 'hold', under('r2'))] })).toEqual([])
  })

  it('nothing is owed for one that was refused, or for what a later one replaced', () => {
    const readings = [documentAt(2_000, 'hold', under('r1'))]
    expect(found({ commands: [{ ...begin, status: 503 }], readings })).toEqual([])
    expect(
      found({ commands: [begin, commandAt(1_500, { name: 'begin', subject: 'r1' })], readings }),
    ).toEqual([])
    // One that was not answered may have been carried out.
    const unanswered = { ...commandAt(1_500, { name: 'begin', subject: 'r1' }), status: 0 }
    expect(found({ commands: [begin, unanswered], readings })).toEqual([])
  })

  it('nothing is owed after the memory was taken away', () => {
    const readings = [documentAt(2_000, 'hold', under('r1'))]
    expect(found({ commands: [begin], readings, forgotten: [{ at: 1_500, why: 'a test' }] })).toEqual([])
    expect(found({ commands: [begin], readings, forgotten: [{ at: 500, why: 'a test' }] })).toHaveLength(1)
  })

  it('an end of a rollout', () => {
    const finish = commandAt(1_000, { name: 'finish', subject: 'r1', outcome: 'failed', status: 200 })
    for (const [phase, lost] of [
      ['failed', 0],
      ['rolling', 1],
      ['done', 1],
    ] as const)
      expect(
        found({ commands: [finish], readings: [documentAt(2_000, 'hold', under('r1', phase))] }),
      ).toHaveLength(lost)
  })

  it('evidence, of either outcome', () => {
    const evidence = (outcome: string) =>
      commandAt(1_000, { name: 'evidence', subject: 'helm-render', outcome })
    const reading = (state: string) => documentAt(2_000, 'hold', { checks: { 'helm-render': state } })
    expect(found({ commands: [evidence('fail')], readings: [reading('pass')] })).toHaveLength(1)
    expect(found({ commands: [evidence('fail')], readings: [reading('fail')] })).toEqual([])
    expect(found({ commands: [evidence('pass')], readings: [reading('unknown')] })).toHaveLength(1)
    expect(found({ commands: [evidence('pass')], readings: [reading('pass')] })).toEqual([])
    const standings = [fault('clock-behind', 500, 3_000)]
    expect(found({ commands: [evidence('pass')], readings: [reading('unknown')], standings })).toEqual([])
    expect(found({ commands: [evidence('fail')], readings: [reading('pass')], standings })).toHaveLength(1)
  })

  it('evidence, unless the clock that dated it was set a moment before', () => {
    const evidence = commandAt(5_000, { name: 'evidence', subject: 'helm-render', outcome: 'pass' })
    const readings = [documentAt(5_300, 'hold', { checks: { 'helm-render': 'unknown' } })]
    const until = (over: number) => ({
      commands: [evidence],
      readings,
      standings: [fault('clock-ahead', 1_000, over)],
    })
    expect(found(until(4_500))).toEqual([])
    expect(found(until(3_000))).toHaveLength(1)
  })

  it('evidence, unless a later fail counts that could not be written', () => {
    const pass = commandAt(1_000, { name: 'evidence', subject: 'helm-render', outcome: 'pass' })
    const fail = (status: number) =>
      commandAt(1_500, { name: 'evidence', subject: 'helm-render', outcome: 'fail', status })
    const readings = [documentAt(2_000, 'hold', { checks: { 'helm-render': 'fail' } })]
    expect(found({ commands: [pass, fail(503)], readings })).toEqual([])
    expect(found({ commands: [pass, fail(409)], readings })).toHaveLength(1)
  })

  it('an acknowledgement, while the latch is the one that it is about', () => {
    const command = commandAt(1_000, { name: 'acknowledge', subject: 'sts-unready', latchedAt, status: 200 })
    const reading = (changes: Parameters<typeof stopping>[0]) =>
      documentAt(2_000, 'hold', { stops: { 'sts-unready': stopping(changes) } })
    expect(
      found({ commands: [command], readings: [reading({ latchedAt, acknowledged: false })] }),
    ).toHaveLength(1)
    expect(found({ commands: [command], readings: [reading({ latchedAt, acknowledged: true })] })).toEqual([])
    const newer = reading({ latchedAt: '2026-01-01T00:00:01.000Z' })
    expect(found({ commands: [command], readings: [newer] })).toEqual([])
  })
})

describe('a latch that a document showed', () => {
  const latched = documentAt(1_000, 'stop', { stops: { 'sts-unready': stopping({ latchedAt }) } })
  const gone = documentAt(9_000, 'hold')
  const killed = (at: number) => [
    { at: 0, what: 'started' as const, detail: '' },
    { at, what: 'killed' as const, detail: '' },
    { at: at + 1_000, what: 'started' as const, detail: '' },
  ]

  it('is in every later one of the rollout, over a SIGKILL too', () => {
    expect(found({ readings: [latched, gone] })).toEqual([`the latch of sts-unready of ${latchedAt} is gone`])
    expect(found({ readings: [latched, gone], lives: killed(5_000) })).toHaveLength(1)
  })

  it('may have been too young to be written when the daemon was killed', () => {
    expect(found({ readings: [latched, gone], lives: killed(1_300) })).toEqual([])
  })

  it('goes with its rollout', () => {
    expect(found({ readings: [latched, { ...gone, ...documentAt(9_000, 'hold', under('r2')) }] })).toEqual([])
  })

  it('was told to be unwritten when the state could not be kept', () => {
    const unkept = documentAt(1_000, 'stop', {
      stateOk: false,
      stops: { 'sts-unready': stopping({ latchedAt }) },
    })
    expect(found({ readings: [unkept, gone] })).toEqual([])
  })
})
