import { describe, expect, it } from 'vitest'
import { violationsOf } from '../../../chaos/invariants/index.ts'
import type { Command, Recording } from '../../../chaos/recording.ts'
import { calmRecording, commandAt, documentAt, facts, fault, stopping } from './recordings.ts'

function found(changes: Partial<Recording>): readonly string[] {
  return violationsOf(calmRecording(changes), facts).map(({ invariant, what }) => `${invariant} ${what}`)
}

function overrideAt(at: number, more: Partial<Command> = {}): Command {
  const subject = more.subject ?? 'sts-unready'
  return commandAt(at, { name: 'override', subject, forSeconds: 10, latched: false, ...more })
}

const latchedAt = '2026-01-01T00:00:00.000Z'
const firing = { 'sts-unready': stopping({ state: 'firing', latchedAt }) }
const covered = { stops: firing, overridden: ['sts-unready'] }

describe('a rollout proceeds on a fault only while an override covers it', () => {
  const standings = [fault('outage', 10_000, 30_000)]
  const calm = documentAt(9_900, 'proceed')
  const proceeding = (at: number, more = {}) => documentAt(at, 'proceed', { ...covered, ...more })

  it('is kept while an override of all that is shown is in force', () => {
    const commands = [overrideAt(12_000)]
    expect(found({ standings, commands, readings: [calm, proceeding(13_000)] })).toEqual([])
  })

  it.each<[string, readonly Command[]]>([
    ['without a command', []],
    ['with one that was refused', [overrideAt(12_000, { status: 409 })]],
    ['with one of something else', [overrideAt(12_000, { subject: 'other' })]],
    ['with one that comes later', [overrideAt(14_000)]],
  ])('is violated %s', (_, commands) => {
    const wrong = found({ standings, commands: [...commands], readings: [calm, proceeding(13_000)] })
    expect(wrong.filter((what) => !what.startsWith('3 '))).toEqual([
      '1 /gates says proceed 3.0 s after outage',
      '8 /gates says proceed, and nothing overrides sts-unready',
      '8 sts-unready is overridden by no command',
    ])
  })

  it('is violated where the fault is not shown, or something else is wrong as well', () => {
    const commands = [overrideAt(12_000)]
    const blind = documentAt(13_000, 'proceed', { overridden: ['sts-unready'] })
    expect(found({ standings, commands, readings: [calm, blind] })).toEqual([
      '1 /gates says proceed 3.0 s after outage',
    ])
    const more = proceeding(13_000, { checks: { 'helm-render': 'fail' } })
    expect(found({ standings, commands, readings: [calm, more] })).toContain(
      '8 /gates says proceed, and nothing overrides helm-render',
    )
  })

  it('is violated for what is about the daemon itself, whatever is overridden', () => {
    const edited = [fault('edited', 10_000, 30_000)]
    const commands = [overrideAt(12_000)]
    const readings = [
      calm,
      proceeding(13_000, { stops: { 'sts-unready': stopping({ state: 'firing', latchedAt }) } }),
    ]
    expect(found({ standings: edited, commands, readings })).toContain(
      '1 /gates says proceed 3.0 s after edited',
    )
  })
})

describe('an override never outlives its end', () => {
  const shown = (at: number) => documentAt(at, 'hold', { overridden: ['sts-unready'] })

  it('is violated by a document that shows it after its time', () => {
    expect(found({ commands: [overrideAt(1_000)], readings: [shown(12_900)] })).toEqual([])
    expect(found({ commands: [overrideAt(1_000)], readings: [shown(13_100)] })).toEqual([
      '8 the override of sts-unready goes on 1.1 s after its end',
    ])
  })

  it('allows for a clock that was set back', () => {
    const standings = [fault('clock-behind', 500, 3_000)]
    expect(found({ standings, commands: [overrideAt(1_000)], readings: [shown(60_000)] })).toEqual([])
  })

  it.each([
    ['its own end', { name: 'override-end', subject: 'sts-unready' }],
    ['the end of the rollout', { name: 'finish', subject: 'r1', outcome: 'failed' }],
  ] as const)('is violated after %s', (_, end) => {
    const commands = [overrideAt(1_000), commandAt(4_000, { ...end, status: 200 })]
    const after = documentAt(6_100, 'hold', {
      overridden: ['sts-unready'],
      rollout: { id: 'r1', phase: end.name === 'finish' ? 'failed' : 'rolling' },
    })
    expect(found({ commands, readings: [after] })).toContain(
      '8 the override of sts-unready goes on 1.1 s after its end',
    )
  })
})

describe('an override is for one rollout', () => {
  const another = commandAt(4_000, { name: 'begin', subject: 'r2' })
  const phase = (at: number, id: string, is: string) =>
    documentAt(at, 'hold', { rollout: { id, phase: is }, overridden: at > 4_000 ? ['sts-unready'] : [] })

  it.each([
    ['is over when another begins', 'rolling', 1],
    ['waits for the next one where none was under way', 'done', 0],
  ] as const)('that %s', (_, is, count) => {
    const readings = [phase(900, 'r1', is), phase(6_100, 'r2', 'rolling')]
    const violations = found({ commands: [overrideAt(1_000), another], readings })
    expect(violations.filter((what) => what.startsWith('8 '))).toHaveLength(count)
  })
})

describe('an override covers what was latched before only where it says so', () => {
  const before = documentAt(1_000, 'stop', { stops: { 'sts-unready': stopping({ latchedAt }) } })
  const after = documentAt(3_000, 'hold', {
    stops: { 'sts-unready': stopping({ latchedAt }) },
    overridden: ['sts-unready'],
  })

  it.each([
    ['does not say so', [overrideAt(2_000)], 1],
    ['says so', [overrideAt(2_000, { latched: true })], 0],
    ['came before it', [overrideAt(900)], 0],
  ] as const)('one that %s', (_, commands, count) => {
    const violations = found({ commands: [...commands], readings: [before, after] })
    expect(violations.filter((what) => what.includes('latched before it'))).toHaveLength(count)
  })
})

describe('an override that was answered with 2xx is not lost', () => {
  const shown = (at: number, overridden: readonly string[]) => documentAt(at, 'hold', { overridden })
  const lost = (changes: Partial<Recording>) => found(changes).filter((what) => what.startsWith('3 '))

  it('until its end', () => {
    const commands = [overrideAt(1_000)]
    expect(lost({ commands, readings: [shown(2_000, [])] })).toHaveLength(1)
    expect(lost({ commands, readings: [shown(2_000, ['sts-unready'])] })).toEqual([])
    expect(lost({ commands, readings: [shown(11_000, [])] })).toEqual([])
  })

  it('and neither is its end', () => {
    const commands = [overrideAt(1_000), commandAt(2_000, { name: 'override-end', subject: 'sts-unready' })]
    expect(lost({ commands, readings: [shown(2_500, [])] })).toEqual([])
    expect(lost({ commands, readings: [shown(2_500, ['sts-unready'])] })).toHaveLength(1)
  })
})
