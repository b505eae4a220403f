import { describe, expect, it } from 'vitest'
import { violationsOf } from '../../../chaos/invariants/index.ts'
import type { Recording } from '../../../chaos/recording.ts'
import { calmRecording, documentAt, facts, fault, stopping } from './recordings.ts'

function found(changes: Partial<Recording>): readonly string[] {
  return violationsOf(calmRecording(changes), facts).map(({ invariant, what }) => `${invariant} ${what}`)
}

describe('never proceed while a fault stands longer than it may take to be seen', () => {
  const standings = [fault('outage', 10_000, 20_000)]

  it('is violated by a proceed after the bound', () => {
    const readings = [documentAt(9_900, 'proceed'), documentAt(11_200, 'proceed')]
    expect(found({ standings, readings })).toEqual(['1 /gates says proceed 1.2 s after outage'])
  })

  it('is violated by the command line too', () => {
    const { document: _, ...reading } = documentAt(16_000, 'proceed')
    const readings = [{ ...reading, by: 'cli' as const }]
    expect(found({ standings, readings })).toEqual(['1 the command line says proceed 6.0 s after outage'])
  })

  it.each([
    ['within the bound', [documentAt(10_900, 'proceed')]],
    ['after the fault was ended', [documentAt(20_100, 'proceed')]],
    ['that has expired', [{ ...documentAt(15_500, 'proceed'), fresh: false }]],
  ])('is kept with a proceed %s', (_, readings) => {
    const wrong = found({ standings, readings: [documentAt(9_900, 'proceed'), ...readings] })
    expect(wrong.filter((what) => what.startsWith('1 '))).toEqual([])
  })

  it('takes the bound of the cadence in which the fault came', () => {
    const quiet = documentAt(9_900, 'proceed', { cadence: 'quiet' })
    expect(found({ standings, readings: [quiet, documentAt(14_900, 'proceed')] })).toEqual([])
    expect(found({ standings, readings: [quiet, documentAt(15_100, 'proceed')] })).toHaveLength(1)
  })

  it('gives a daemon that was started meanwhile its time from then', () => {
    const lives = [
      { at: 0, what: 'started', detail: '' },
      { at: 10_500, what: 'killed', detail: '' },
      { at: 12_000, what: 'started', detail: '' },
    ] as const
    expect(found({ standings, lives: [...lives], readings: [documentAt(12_900, 'proceed')] })).toEqual([])
    expect(found({ standings, lives: [...lives], readings: [documentAt(13_100, 'proceed')] })).toHaveLength(1)
  })

  it('allows for the lateness of the harness, twice, and for no more', () => {
    const pulses = [{ at: 11_000, late: 400 }]
    const before = documentAt(9_900, 'proceed')
    expect(found({ standings, pulses, readings: [before, documentAt(11_700, 'proceed')] })).toEqual([])
    expect(found({ standings, pulses, readings: [before, documentAt(11_900, 'proceed')] })).toHaveLength(1)
  })

  it('is over for edited state as soon as a rollout is declared', () => {
    const edited = [fault('edited', 10_000, 20_000)]
    const begun = {
      name: 'begin',
      asked: 11_000,
      got: 11_000,
      status: 201,
      subject: 'r1',
      answer: '',
    } as const
    const readings = [documentAt(12_000, 'proceed')]
    expect(found({ standings: edited, readings })).toHaveLength(1)
    expect(found({ standings: edited, readings, commands: [begun] })).toEqual([])
    expect(found({ standings: edited, readings, commands: [{ ...begun, status: 409 }] })).toHaveLength(1)
  })
})

describe('no stop condition fires without a cause', () => {
  const clear = documentAt(9_900, 'proceed')
  const firing = documentAt(15_000, 'stop', { stops: { 'sts-unready': stopping({ state: 'firing' }) } })

  it('is violated by one that fires while nothing stands', () => {
    expect(found({ readings: [clear, firing] })).toEqual([
      '2 sts-unready fires without a cause: as a test has it',
    ])
  })

  it('is violated by one that only its latch tells of', () => {
    const latched = stopping({ latchedAt: '2026-01-01T00:00:00.000Z' })
    const readings = [clear, documentAt(15_000, 'stop', { stops: { 'sts-unready': latched } })]
    expect(found({ readings })).toHaveLength(1)
  })

  it('is violated by one that another fault explains', () => {
    expect(found({ standings: [fault('harmless', 10_000, 20_000)], readings: [clear, firing] })).toHaveLength(
      1,
    )
  })

  it('is kept when a fault that explains it stands, or has ended a moment ago', () => {
    for (const until of [20_000, 12_000])
      expect(found({ standings: [fault('outage', 10_000, until)], readings: [clear, firing] })).toEqual([])
  })

  it('is violated when the fault has ended long ago', () => {
    const late = { ...firing, asked: 25_000, got: 25_000 }
    expect(found({ standings: [fault('outage', 10_000, 12_000)], readings: [clear, late] })).toHaveLength(1)
  })

  it('is told once while it goes on firing', () => {
    const on = { ...firing, asked: 16_000, got: 16_000 }
    expect(found({ readings: [clear, firing, on] })).toHaveLength(1)
  })

  it('blames the harness for what stood still in it', () => {
    expect(found({ readings: [clear, firing], pulses: [{ at: 14_000, late: 1_500 }] })).toEqual([])
  })
})

describe('proceed again in time', () => {
  it('is violated by a proceed that comes late, or not at all', () => {
    const late = { act: 1, from: 1_000, proceeded: 30_000, said: 'Proceed' }
    expect(found({ calms: [late] })).toEqual(['4 proceed only 29.0 s after the platform was well'])
    const never = { act: 1, from: 1_000, gaveUp: 51_000, said: 'Hold: who knows' }
    expect(found({ calms: [never] })).toEqual([
      '4 no proceed within 50.0 s of a platform that is well; it says: Hold: who knows',
    ])
  })

  it('is kept by one within the documented time', () => {
    expect(found({ calms: [{ act: 1, from: 1_000, proceeded: 25_000, said: 'Proceed' }] })).toEqual([])
  })
})

describe('documents that have not expired', () => {
  const expired = { ...documentAt(20_000, 'hold'), fresh: false }

  it('are all that a running daemon sends', () => {
    expect(found({ readings: [expired] })).toEqual([
      expect.stringMatching('6 a document had expired when it was sent'),
    ])
  })

  it('are owed some seconds after the clock was set, and from then on', () => {
    const set = (since: number) => [fault('clock-behind', since, 60_000)]
    expect(found({ readings: [expired], standings: set(18_000) })).toEqual([])
    expect(found({ readings: [expired], standings: set(10_000) })).toHaveLength(1)
  })

  it('are not owed by a daemon that stood still, or by an answer that was long on its way', () => {
    const lives = [
      { at: 0, what: 'started', detail: '' },
      { at: 10_000, what: 'suspended', detail: '' },
      { at: 19_900, what: 'resumed', detail: '' },
    ] as const
    expect(found({ readings: [expired], lives: [...lives] })).toEqual([])
    expect(found({ readings: [{ ...expired, got: 23_000 }] })).toEqual([])
  })
})

describe('consistent documents', () => {
  it('is violated by each that contradicts itself', () => {
    const readings = [{ ...documentAt(1_000, 'proceed'), contradictions: ['a gate fails'] }]
    expect(found({ readings })).toEqual(['6 a gate fails'])
  })
})
