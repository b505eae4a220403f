import { describe, expect, it } from 'vitest'
import type { Observation } from '../../../src/core/observation.ts'
import { openLog } from '../../../src/daemon/log.ts'
import { keepRecords } from '../../../src/daemon/records.ts'

function looked(at: number, ok: boolean): Observation {
  const unavailable = { unknownReason: 'timeout', reason: 'slow', message: 'too slow' } as const
  const outcome = ok
    ? { ok: true as const, readings: [], blindSpots: [] }
    : { ok: false as const, ...unavailable }
  return { target: { id: 'a', labels: {} }, at, took: 2, validFor: 1, outcome }
}

describe('the records of looks', () => {
  it('keep the last twenty of either kind, so that failures push out no success', () => {
    const records = keepRecords()
    records.add('p', looked(0, true))
    for (let at = 1; at <= 50; at += 1) records.add('p', looked(at, false))
    const { successes, failures } = records.looks().get('p') ?? { successes: [], failures: [] }
    expect(successes.map(({ at }) => at)).toEqual([0])
    expect(failures.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, index) => index + 31))
    expect(failures[0]).toMatchObject({ target: 'a', unknownReason: 'timeout', message: 'too slow' })
  })

  it('count the attempts of several probes together, and their time', () => {
    const records = keepRecords()
    for (const ok of [true, false, false]) records.add('p', looked(1, ok))
    records.add('q', looked(1, true))
    expect(records.cost(['p', 'q', 'never'])).toEqual({ requests: 4, took: 8 })
  })
})

describe('the log', () => {
  it('is one line of JSON each, of the levels that are wanted, with secrets taken out', () => {
    let written = ''
    const log = openLog('info', { write: (text) => (written += text) })
    log.debug('not wanted')
    log.info(
      { password: 's1', redis: { url: 'redis://:s2@x' }, a: { b: { token: 's3' } } },
      'said\n\u001b[31m',
    )
    const lines = written.trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'said\n\u001b[31m' })
    expect(written).not.toMatch(/s[123]/)
    expect(written).not.toContain('\u001b')
  })
})
