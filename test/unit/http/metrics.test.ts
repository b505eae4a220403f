import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import type { StopStatus } from '../../../src/core/stop.ts'
import { step } from '../../../src/core/step.ts'
import type { ReportContext } from '../../../src/http/context.ts'
import { toReport } from '../../../src/http/document.ts'
import type { Family } from '../../../src/contract/family.ts'
import { selfFamilies, signalFamilies, verdictFamilies } from '../../../src/contract/families.ts'
import { observedFamilies } from '../../../src/contract/observed-families.ts'
import { handMadeRules, play, reportContext, rollout, start } from './context.ts'
import { platformMetrics } from './platform-metrics.ts'
import { aRelease, scrapeOf, seriesOf } from './release.ts'

const families: readonly Family[] = [
  ...Object.values(verdictFamilies),
  ...signalFamilies.values(),
  ...Object.values(selfFamilies),
  ...Object.values(observedFamilies),
]

describe('the names of metrics', () => {
  it('are unique, and none is one of the platform', () => {
    const names = families.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const written = families.flatMap(({ name, type }) =>
      type === 'summary' || type === 'histogram'
        ? [name, `${name}_sum`, `${name}_count`, `${name}_bucket`]
        : [name],
    )
    expect(platformMetrics.length).toBeGreaterThan(80)
    expect(written.filter((name) => platformMetrics.includes(name))).toEqual([])
  })

  it('have no label that Prometheus sets for targets', () => {
    const taken = [
      'service',
      'namespace',
      'pod',
      'job',
      'instance',
      'container',
      'endpoint',
      'node',
      'le',
      'quantile',
    ]
    expect(families.flatMap(({ labels }) => labels).filter((label) => taken.includes(label))).toEqual([])
  })

  it('end in _total exactly when they count', () => {
    const wrong = families.filter(({ name, type }) => name.endsWith('_total') !== (type === 'counter'))
    expect(wrong.map(({ name }) => name)).toEqual([])
  })
})

describe('the series of a release', () => {
  it('are at most 820 with 12 pods, and grow evenly with pods beyond that', async () => {
    const count = async (pods: number) => (await seriesOf(scrapeOf(aRelease(pods)))).length
    const [twelve, twentyFour, thirtySix] = await Promise.all([count(12), count(24), count(36)])
    expect(twelve).toBeLessThanOrEqual(820)
    expect(twelve).toBeGreaterThan(400)
    expect(thirtySix - twentyFour).toBe(twentyFour - twelve)
    expect(twentyFour - twelve).toBeLessThanOrEqual(12 * 10)
  })

  it('show every state of each gate, check and stop condition, and exactly one as 1', async () => {
    const sets = new Map<string, number[]>()
    for (const { name, labels, value } of await seriesOf(scrapeOf(aRelease(12)))) {
      if (!labels.includes('state="') || name === 'caracal_outbox_messages') continue
      const key = `${name} ${labels.replace(/state="[^"]*"/, '')}`
      sets.set(key, [...(sets.get(key) ?? []), value])
    }
    expect(sets.size).toBeGreaterThan(40)
    for (const values of sets.values()) {
      expect(values.length).toBeGreaterThanOrEqual(2)
      expect(values.reduce((a, b) => a + b)).toBe(1)
    }
  })

  it('carry no measurement of what cannot be seen: it is absent, and its target is not up', async () => {
    const release = aRelease(12)
    const seen = await seriesOf(scrapeOf(release))
    const gone = await seriesOf(scrapeOf(aRelease(12, { blind: 'gateway/gateway-1' })))
    const of = (series: typeof seen, name: string) =>
      series.filter((one) => one.name === name && one.labels.includes('gateway-1'))
    expect(of(seen, 'caracal_revocation_snapshot_age_seconds')).toHaveLength(1)
    expect(of(gone, 'caracal_revocation_snapshot_age_seconds')).toHaveLength(0)
    expect(of(seen, 'caracal_gate_exporter_target_up').map(({ value }) => value)).toEqual([1, 1])
    expect(of(gone, 'caracal_gate_exporter_target_up').map(({ value }) => value)).toEqual([0, 0])
  })

  it('carry no measurement that is too old to count', async () => {
    const { snapshot, context, ...rest } = scrapeOf(aRelease(12))
    const later = step(snapshot, [], start + 60_001, context.rules)
    const series = await seriesOf({ ...rest, snapshot: later, context, report: toReport(later, context) })
    expect(series.filter(({ name }) => signalFamilies.has(name))).toEqual([])
    const up = series.filter(({ name }) => name === 'caracal_gate_exporter_target_up')
    expect(new Set(up.map(({ value }) => value))).toEqual(new Set([0]))
  })

  it('name the release that is judged, whether or not there ever was a rollout', async () => {
    const series = await seriesOf(scrapeOf(aRelease(12)))
    expect(series.filter(({ name }) => name === 'caracal_gate_exporter_release_info')).toEqual([
      expect.objectContaining({ labels: '{release_name="caracal",release_namespace="caracal"}', value: 1 }),
    ])
  })

  it('X44: say where page and runbook are, as far as they have an address', async () => {
    const scrape = scrapeOf(aRelease(12))
    const links = async (addresses: Partial<ReportContext>) => {
      const series = await seriesOf({ ...scrape, context: { ...scrape.context, ...addresses } })
      return series.filter(({ name }) => name.endsWith('_links_info')).map(({ labels }) => labels)
    }
    const externalUrl = 'https://gate.example/ops'
    expect(await links({ externalUrl, runbookBaseUrl: `${externalUrl}/runbook/` })).toEqual([
      '{page_url="https://gate.example/ops",runbook_url="https://gate.example/ops/runbook"}',
    ])
    expect(await links({ runbookBaseUrl: 'https://wiki.example/' })).toEqual([
      '{runbook_url="https://wiki.example"}',
    ])
    expect(await links({ runbookBaseUrl: 'runbook/' })).toEqual([])
  })

  it('go with the pod', async () => {
    const fewer = await seriesOf(scrapeOf(aRelease(12, { without: 'gateway/gateway-1' })))
    expect(fewer.filter(({ labels }) => labels.includes('gateway-1'))).toEqual([])
  })

  it('show a stop that fires: its state, its latch, since when, how often', async () => {
    const rules = handMadeRules(
      new Map([
        [
          'audit-dlq-growing',
          {
            key: 'k',
            answer: 'unmet',
            reason: 'r',
            message: 'm',
            observed: { value: 3, unit: 'entries' },
            threshold: { op: '<=', value: 0 },
          },
        ],
      ]),
    )
    const snapshot = play(rules, 3, { ...initialSnapshot(start, rules), rollout })
    const context = reportContext(rules)
    const series = await seriesOf({
      ...scrapeOf(aRelease(12)),
      snapshot,
      context,
      report: toReport(snapshot, context),
    })
    const of = (name: string) =>
      series.find((one) => one.name === name && one.labels.includes('"audit-dlq-growing"'))?.value
    expect(of('caracal_rollout_stop_condition_latched')).toBe(1)
    expect(of('caracal_rollout_stop_condition_firings_total')).toBe(1)
    expect(of('caracal_rollout_stop_condition_observed')).toBe(3)
    expect(of('caracal_rollout_stop_condition_threshold')).toBe(0)
    expect(of('caracal_rollout_stop_condition_firing_since_timestamp_seconds')).toBe((start + 1_000) / 1_000)
    expect(of('caracal_rollout_stop_condition_latched_timestamp_seconds')).toBe((start + 1_000) / 1_000)
    expect(of('caracal_rollout_stop_condition_acknowledged_timestamp_seconds')).toBeUndefined()
    expect(series.find(({ name }) => name === 'caracal_rollout_info')?.labels).toContain(
      'rollout_id="caracal/47"',
    )
  })

  it('show when a stop that fired was acknowledged, beside when it fired', async () => {
    const bad = { key: 'k', answer: 'unmet', reason: 'r', message: 'm' } as const
    const rules = handMadeRules(new Map([['audit-dlq-growing', bad]]))
    const fired = play(rules, 3, { ...initialSnapshot(start, rules), rollout })
    const status = fired.stops.get('audit-dlq-growing')
    if (status?.latch === undefined) throw new Error('it did not latch')
    const acknowledged = { actor: 'ada', reason: 'known', at: start + 9_000 }
    const latch = { ...status.latch, acknowledged }
    const snapshot = { ...fired, stops: new Map(fired.stops).set(status.id, { ...status, latch }) }
    const context = reportContext(rules)
    const report = toReport(snapshot, context)
    const series = await seriesOf({ ...scrapeOf(aRelease(12)), snapshot, context, report })
    const timed = series.filter(({ name }) => /_(latched|acknowledged)_timestamp_seconds$/.test(name))
    expect(timed.map(({ labels, value }) => [labels, value])).toEqual([
      ['{stop_condition="audit-dlq-growing"}', start / 1_000 + 1],
      ['{stop_condition="audit-dlq-growing"}', start / 1_000 + 9],
    ])
  })

  it('X44: name the first three that a stop blames, in their order, while it fires or is latched', async () => {
    const bad = { key: 'b\u202e', answer: 'unmet', reason: 'r', message: 'm' } as const
    const rules = handMadeRules(new Map([['audit-dlq-growing', bad]]))
    const context = reportContext(rules)
    const blamed = async (snapshot: Snapshot) => {
      const report = toReport(snapshot, context)
      const series = await seriesOf({ ...scrapeOf(aRelease(12)), snapshot, context, report })
      const own = series.filter(({ name }) => name === 'caracal_rollout_stop_condition_culprit')
      return own.map(({ labels, value }) => [/culprit="([^"]*)"/.exec(labels)?.[1], value])
    }
    const fired = play(rules, 3, { ...initialSnapshot(start, rules), rollout })
    const after = (stop: StopStatus) => ({ ...fired, stops: new Map(fired.stops).set(stop.id, stop) })
    const status = fired.stops.get('audit-dlq-growing')
    if (status?.latch === undefined) throw new Error('it did not latch')
    const others = ['a\n', 'c'.repeat(500), 'd'].map((key) => ({ ...bad, key }))
    const first = await blamed(after({ ...status, findings: [...status.findings, ...others] }))
    expect(first).toEqual([
      ['b', 1],
      ['a', 2],
      [`${'c'.repeat(119)}…`, 3],
    ])
    const over = { ...status, state: 'clear' as const, findings: [] }
    const latch = { ...status.latch, culprits: ['sts/sts-1'] }
    expect(await blamed(after({ ...over, latch }))).toEqual([['sts/sts-1', 1]])
    const acknowledged = { actor: 'ada', reason: 'known', at: start + 9_000 }
    expect(await blamed(after({ ...over, latch: { ...latch, acknowledged } }))).toEqual([])
  })

  it('carry every limit in force that is a number', async () => {
    const limits = {
      ...defaultLimits,
      redis: { ...defaultLimits.redis, memoryRatio: { trip: 0.5, clear: 0.4 } },
    }
    const scrape = scrapeOf(aRelease(12))
    const series = await seriesOf({ ...scrape, context: { ...scrape.context, limits } })
    const exposed = new Map(
      series
        .filter(({ name }) => name === 'caracal_rollout_limit')
        .map(({ labels, value }) => [labels, value]),
    )
    expect(exposed.get('{limit="redis.memoryRatio"}')).toBe(0.5)
    expect(exposed.get('{limit="streams.lagEntries"}')).toBe(1_000)
    const numbers = Object.entries(defaultLimits).flatMap(([group, own]) =>
      Object.entries(own as object)
        .filter(([key, limit]) => typeof limit === 'object' || key === 'deadRows')
        .map(([key]) => `{limit="${group}.${key}"}`),
    )
    expect([...exposed.keys()].toSorted()).toEqual(numbers.toSorted())
  })
})
