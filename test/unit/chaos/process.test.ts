import { describe, expect, it } from 'vitest'
import { violationsOf } from '../../../chaos/invariants/index.ts'
import type { Recording, Usage } from '../../../chaos/recording.ts'
import { calmRecording, facts, fault } from './recordings.ts'

function found(changes: Partial<Recording>): readonly string[] {
  return violationsOf(calmRecording(changes), facts).map(({ invariant, what }) => `${invariant} ${what}`)
}

function usageAt(at: number, changes: Partial<Usage> = {}): Usage {
  return { at, pid: 1, resident: 1e8, peak: 1e8, descriptors: 30, threads: 11, calm: true, ...changes }
}

describe('the process', () => {
  it('never ends of its own', () => {
    const started = { at: 0, what: 'started', detail: '' } as const
    const lives = [started, { at: 5_000, what: 'exited', detail: 'code 1' } as const]
    expect(found({ lives })).toEqual(['5 the daemon ended: code 1'])
    expect(found({ lives: [started, { at: 5_000, what: 'killed', detail: '' }] })).toEqual([])
  })

  it('stays below the memory that the chart allows, at its peak too', () => {
    expect(found({ usage: [usageAt(1_000, { peak: 410e6 })] })).toEqual([
      '5 memory: 410 MB of at most 403 MB',
    ])
    expect(found({ usage: [usageAt(1_000, { peak: 390e6 })] })).toEqual([])
  })

  it.each(['descriptors', 'threads'] as const)('gives back %s', (what) => {
    const usage = (calm: boolean) => [usageAt(1_000), usageAt(9_000, { [what]: 300, calm })]
    expect(found({ usage: usage(true) })).toEqual([expect.stringMatching(`5 ${what}: 300 of at most`)])
    expect(found({ usage: usage(false) })).toEqual([])
  })
})

describe('/healthz', () => {
  const health = (took: number, ok = true) => [{ asked: 10_000, got: 10_000 + took, ok }]

  it('answers in time while the process runs', () => {
    expect(found({ health: health(20) })).toEqual([])
    expect(found({ health: health(1_600) })).toEqual([expect.stringMatching('7 /healthz took 1600 ms')])
    expect(found({ health: health(20, false) })).toEqual(['7 /healthz gave no 200 in 20 ms'])
  })

  it('may be late when the harness is', () => {
    expect(found({ health: health(1_600), pulses: [{ at: 10_500, late: 400 }] })).toEqual([])
  })

  it('is not owed by a process that is not there, stands still or is starved', () => {
    const started = { at: 0, what: 'started', detail: '' } as const
    for (const what of ['killed', 'suspended'] as const)
      expect(found({ lives: [started, { at: 9_000, what, detail: '' }], health: health(20, false) })).toEqual(
        [],
      )
    expect(found({ standings: [fault('daemon-starved', 9_000, 20_000)], health: health(1_600) })).toEqual([])
  })
})
