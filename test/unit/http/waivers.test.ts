import { describe, expect, it } from 'vitest'
import { gateReport } from '../../../src/contract/document.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { HOUR } from '../../../src/core/time.ts'
import { toReport } from '../../../src/http/document.ts'
import { tighten } from '../../../src/http/strict.ts'
import { waiverSamples } from '../../../src/http/waiver-metrics.ts'
import { override } from '../../../src/rollout/overrides.ts'
import { contradictions } from '../../support/consistent-document.ts'
import { finding, handMadeRules, play, reportContext, rollout, start, type World } from './context.ts'
import { readPage, viewOfSnapshot } from './page-views.ts'

const until = start + 2 * HOUR
const late = '2026-11-22T22:00:00.000Z'
const dead: World = new Map([
  ['ready-sts', finding('unmet', { message: 'sts-1 is not ready' })],
  ['audit-dlq-growing', finding('unmet', { message: '3 new dead letters' })],
])

const shadows = new Map([
  ['ready-sts', until],
  ['source-verification', start - 1],
])

/** A rollout with one check in shadow, one stop overridden in it, and a shadow that is over. */
function underWay(world: World): { readonly rules: Rules; readonly snapshot: Snapshot } {
  const rules = handMadeRules(world, { shadows })
  const calm = play(handMadeRules(new Map(), { shadows }), 5, { ...initialSnapshot(start, rules), rollout })
  const wish = { item: 'audit-dlq-growing', until, latched: false, replace: false }
  const by = { actor: 'ann (ops)', reason: 'replayed at night' }
  const given = override(calm, rules, wish, by, calm.at)
  if (!given.ok) throw new Error(given.detail)
  return { rules, snapshot: play(rules, 40, given.snapshot) }
}

function reportOf(world: World) {
  const { rules, snapshot } = underWay(world)
  return toReport(snapshot, reportContext(rules))
}

describe('the document', () => {
  it('R209: lists what does not count, with what it would do, and the shadows that are over', () => {
    const report = reportOf(dead)
    expect(report.verdict).toBe('proceed')
    expect(report.summary).toBe(
      'Proceed: all 2 required gates pass and no stop condition stands; not enforced: ready-sts (in shadow), audit-dlq-growing (overridden)',
    )
    const since = '2026-11-22T20:00:06.000Z'
    const nothing = { actor: null, reason: null, since: null, latched: false, rollout: null }
    expect(report.notEnforced).toEqual([
      {
        ref: 'gates/readiness/checks/ready-sts',
        mode: 'shadow',
        until: late,
        would: 'hold',
        wouldSince: since,
        ...nothing,
      },
      {
        ref: 'stop-conditions/audit-dlq-growing',
        mode: 'overridden',
        until: late,
        would: 'stop',
        wouldSince: since,
        actor: 'ann (ops)',
        reason: 'replayed at night',
        since: '2026-11-22T20:00:05.000Z',
        latched: false,
        rollout: 'caracal/47',
      },
    ])
    expect(report.expiredShadows).toEqual([
      { ref: 'gates/source-verification', until: '2026-11-22T19:59:59.999Z' },
    ])
    expect(contradictions(report)).toEqual([])
    expect(gateReport.parse(report)).toEqual(report)
  })

  it('has the mode of each gate, check and stop condition, and its state as if it counted', () => {
    const { gates, stopConditions } = reportOf(dead)
    expect(gates[0]).toMatchObject({
      state: 'pass',
      mode: 'enforce',
      modeUntil: null,
      required: true,
      checks: [
        { id: 'ready-api', mode: 'enforce' },
        { id: 'ready-sts', state: 'fail', mode: 'shadow', modeUntil: late },
      ],
    })
    expect(stopConditions[0]).toMatchObject({
      state: 'firing',
      mode: 'overridden',
      modeUntil: late,
      flags: ['latched'],
      speaksForRollback: false,
    })
  })

  it('says that a gate in shadow is not required, with each of its checks', () => {
    const rules = handMadeRules(dead, { shadows: new Map([['readiness', until]]) })
    const report = toReport(play(rules, 40), reportContext(rules))
    expect(report.gates[0]).toMatchObject({ state: 'fail', mode: 'shadow', required: false })
    expect(report.gates[0]?.checks.map(({ mode }) => mode)).toEqual(['shadow', 'shadow'])
    expect(report.notEnforced.map(({ ref }) => ref)).toEqual(['gates/readiness'])
    expect(contradictions(report)).toEqual([])
  })

  it('needs no fresh look for what does not count', () => {
    const report = reportOf(dead)
    const seen = <T extends { readonly mode: string }>(items: readonly T[]) =>
      items.map((one) => ({ ...one, lastSuccessAt: one.mode === 'enforce' ? report.evaluatedAt : null }))
    const looked = {
      ...report,
      gates: report.gates.map((gate) => ({ ...gate, checks: seen(gate.checks) })),
      stopConditions: seen(report.stopConditions),
    }
    expect(tighten(looked, { maxAge: 1_000 }, Date.parse(report.evaluatedAt)).verdict).toBe('proceed')
  })
})

describe('the metrics', () => {
  it('say until when something does not count, what it would do, and which shadows are over', () => {
    const { rules, snapshot } = underWay(dead)
    const report = toReport(snapshot, reportContext(rules))
    const series = waiverSamples({ report } as Parameters<typeof waiverSamples>[0]).flatMap(
      ([{ name }, samples]) =>
        samples.map(
          ({ labels, value }) => `${name.replace('caracal_rollout_', '')}{${labels.join(', ')}} ${value}`,
        ),
    )
    expect(series).toEqual([
      `not_enforced_until_timestamp_seconds{gates/readiness/checks/ready-sts, shadow} ${until / 1_000}`,
      `not_enforced_until_timestamp_seconds{stop-conditions/audit-dlq-growing, overridden} ${until / 1_000}`,
      'not_enforced_would_block{gates/readiness/checks/ready-sts, shadow, hold} 1',
      'not_enforced_would_block{gates/readiness/checks/ready-sts, shadow, stop} 0',
      'not_enforced_would_block{stop-conditions/audit-dlq-growing, overridden, hold} 0',
      'not_enforced_would_block{stop-conditions/audit-dlq-growing, overridden, stop} 1',
      `shadow_expired_timestamp_seconds{gates/source-verification} ${(start - 1) / 1_000}`,
    ])
  })
})

describe('the page', () => {
  it('names what does not count at the top, and at the item', () => {
    const { rules, snapshot } = underWay(dead)
    const page = readPage(viewOfSnapshot(snapshot, rules))
    const top = page.text('#not-enforced')
    for (const words of [
      'Not enforced: ready-sts is in shadow until 22:00:00 UTC',
      'It would hold the rollout since 20:00:06 UTC (39 s ago)',
      'Not enforced: audit-dlq-growing is overridden until 22:00:00 UTC by ann (ops)',
      ': replayed at night.',
      'It would stop the rollout',
      'The shadow has expired: source-verification is enforced again since 19:59:59 UTC',
    ])
      expect(top).toContain(words)
    expect(page.text('#check-ready-sts')).toContain('in shadow until 22:00:00 UTC')
    expect(page.text('#stop-audit-dlq-growing')).toContain('overridden until 22:00:00 UTC')
  })

  it('says nothing of it where everything counts', () => {
    const rules = handMadeRules(new Map())
    expect(readPage(viewOfSnapshot(play(rules, 40), rules)).all('#not-enforced')).toEqual([])
  })
})
