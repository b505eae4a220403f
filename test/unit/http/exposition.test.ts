import type { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import type { Family } from '../../../src/contract/family.ts'
import { newInstruments, processMetrics } from '../../../src/http/instruments.ts'
import { contentTypes, exposition, formatFor, renderMetrics } from '../../../src/http/metrics.ts'
import { aRelease, scrapeOf } from './release.ts'

const family: Family = {
  name: 'a_total',
  help: 'Line\nwith \\ and "quotes".',
  type: 'counter',
  labels: ['x'],
}

describe('the text formats', () => {
  it('escape what targets say', async () => {
    const text = await exposition([[family, [{ labels: ['a"b\\c\nd'], value: 1 }]]], 'text')
    expect(text).toBe(
      '# HELP a_total Line\\nwith \\\\ and "quotes".\n# TYPE a_total counter\na_total{x="a\\"b\\\\c\\nd"} 1\n',
    )
  })

  it('write a series once, and no family without one', async () => {
    const twice = [
      { labels: ['a'], value: 1 },
      { labels: ['a'], value: 2 },
    ]
    expect((await exposition([[family, twice]], 'text')).match(/a_total\{.*/g)).toEqual(['a_total{x="a"} 1'])
    expect(await exposition([[family, []]], 'text')).toBe('\n')
  })

  it('leave out single values that they can not hold, and labels that are empty', async () => {
    const odd = [Number.NaN, Infinity, -1].map((value) => ({ labels: [`${value}`], value }))
    const text = await exposition([[family, [...odd, { labels: [''], value: 3 }]]], 'text')
    expect(text.split('\n').filter((line) => line.startsWith('a_total'))).toEqual(['a_total 3'])
  })

  it('end OpenMetrics with EOF and name counters without their suffix', async () => {
    const text = await renderMetrics(scrapeOf(aRelease(12)), 'openmetrics')
    expect(text.endsWith('\n# EOF\n')).toBe(true)
    const types = [...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name)
    expect(types.length).toBeGreaterThan(5)
    expect(types.filter((name) => name?.endsWith('_total'))).toEqual([])
    for (const name of types) expect(text).toContain(`\n${name}_total`)
  })

  it.each([
    [undefined, 'text'],
    ['*/*', 'text'],
    ['text/plain;version=0.0.4', 'text'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.2,text/plain;q=0.5', 'text'],
    ['text/html', 'text'],
  ] as const)('for Accept %j are %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format)
    expect(contentTypes[format]).toMatch(/version=\d/)
  })
})

describe('what is observed as it happens', () => {
  const written = async (registries: readonly Registry[], format: 'text' | 'openmetrics' = 'text') =>
    (await exposition([], format, registries)).split('\n')

  it('is counted, and timed by histograms: attempts, publications, requests, evaluations', async () => {
    let now = 0
    const instruments = newInstruments(() => now)
    instruments.evaluated(20)
    const success = { ok: true, readings: [], blindSpots: [] } as const
    const failure = { ok: false, unknownReason: 'timeout', reason: 'timeout', message: '' } as const
    const target = { id: 'redis', labels: {} }
    const observations = [
      { target, at: 0, took: 125, validFor: 1, outcome: success },
      { target, at: 0, took: 750, validFor: 1, outcome: failure },
    ]
    instruments.delivered({ probe: 'redis-streams', at: 0, targets: [target], observations }, 'polled')
    instruments.delivered({ probe: 'pods', at: 0, targets: [target], observations }, 'pushed')
    instruments.turned('stop')
    instruments.refused('waiters')
    now = 15
    instruments.published()
    instruments.published()
    instruments.answered('/gates', 200, 2)
    const lines = await written([instruments.registry])
    const own = 'caracal_gate_exporter_'
    for (const line of [
      `${own}evaluation_duration_seconds_sum 0.02`,
      `${own}evaluation_duration_seconds_count 1`,
      `${own}probe_attempt_duration_seconds_bucket{le="0.05",probe="redis-streams",outcome="success"} 0`,
      `${own}probe_attempt_duration_seconds_bucket{le="0.25",probe="redis-streams",outcome="success"} 1`,
      `${own}probe_attempt_duration_seconds_sum{probe="redis-streams",outcome="failure"} 0.75`,
      `${own}publication_delay_seconds_bucket{le="0.005"} 0`,
      `${own}publication_delay_seconds_count 4`,
      `${own}probe_attempts_total{probe="redis-streams"} 2`,
      `${own}probe_failures_total{probe="redis-streams",reason="timeout"} 1`,
      `${own}probe_duration_seconds_total{probe="redis-streams"} 0.875`,
      `${own}probe_attempts_total{probe="pods"} 2`,
      `${own}http_refused_total{kind="waiters"} 1`,
      'caracal_rollout_verdict_transitions_total{to="stop"} 1',
      'caracal_rollout_verdict_transitions_total{to="hold"} 0',
      `${own}http_request_duration_seconds_count{route="/gates",code="200"} 1`,
    ])
      expect(lines).toContain(line)
    expect(lines.filter((line) => /attempt_duration.*probe="pods"/.test(line))).toEqual([])
  })

  it('includes the process, under the same names in both formats, whichever is asked first', async () => {
    const counter = /^process_cpu_seconds_total \d/
    expect((await written([processMetrics()], 'openmetrics')).some((line) => counter.test(line))).toBe(true)
    const lines = await written([processMetrics()])
    expect(lines.some((line) => counter.test(line))).toBe(true)
    expect(lines).toContain('# TYPE process_cpu_seconds_total counter')
    expect(lines.filter((line) => /nan/i.test(line))).toEqual([])
    expect(lines.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds '))).toBe(true)
    const series = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(series.length).toBeGreaterThan(40)
    expect(series.length).toBeLessThanOrEqual(100)
  })
})
