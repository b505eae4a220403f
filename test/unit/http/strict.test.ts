import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expected } from '../../../src/core/expected.ts'
import type { Finding } from '../../../src/core/finding.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import type { AskedPhase } from '../../../src/core/rollout.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import { toReport } from '../../../src/http/document.ts'
import type { Demands } from '../../../src/contract/parameters.ts'
import { tighten } from '../../../src/http/strict.ts'
import { finding, handMadeRules, play, reportContext, rollout, start, type World } from './context.ts'

function reportOf(world: World, seconds: number, withRollout = true): GateReport {
  const rules = handMadeRules(world)
  const first = initialSnapshot(start, rules)
  return toReport(play(rules, seconds, withRollout ? { ...first, rollout } : first), reportContext(rules))
}

const proceeding = reportOf(new Map(), 60)
const stopping = reportOf(new Map([['audit-dlq-growing', finding('unmet')]]), 60)
const holding = reportOf(new Map([['ready-api', finding('unmet')]]), 60)

function at(report: GateReport): number {
  return Date.parse(report.evaluatedAt)
}

const wanted: Expected = { images: { api: 'api:2' } }
const met = (key: string): Finding => ({ key, answer: 'met', reason: 'ok', message: 'it has arrived' })
const unmet = (key: string, reason: string, hold: number): Finding => ({
  key,
  answer: 'unmet',
  reason,
  hold,
  message: `1 of 3 replicas of ${key} run api:2`,
})

const strictness: Record<Verdict, number> = { proceed: 0, hold: 1, stop: 2 }

describe('a demand of a request', () => {
  it('changes nothing when it is met', () => {
    expect(tighten(proceeding, { rollout: 'caracal/47', steady: 30_000 }, at(proceeding))).toBe(proceeding)
  })

  it('turns proceed into hold while all has not stood for long enough', () => {
    const report = tighten(proceeding, { steady: 300_000 }, at(proceeding))
    expect(report).toMatchObject({ verdict: 'hold', requiredSteadySeconds: 300, superseded: false })
    expect(report.summary).toBe('Hold: all has stood for 59 s, and the request asks for 5 min')
    expect(report.blocking[0]).toMatchObject({ ref: 'request/steady', rootCause: true })
  })

  it('never shortens the steady time', () => {
    expect(tighten(proceeding, { steady: 0 }, at(proceeding)).requiredSteadySeconds).toBe(30)
  })

  it('turns proceed into hold when another rollout is meant', () => {
    const report = tighten(proceeding, { rollout: 'caracal/46' }, at(proceeding))
    expect(report).toMatchObject({ verdict: 'hold', superseded: true })
    expect(report.summary).toContain('caracal/46 was asked about, but the current one is caracal/47')
  })

  it('turns proceed into hold when a rollout is meant and there is none', () => {
    const report = tighten(reportOf(new Map(), 60, false), { rollout: 'caracal/46' }, at(proceeding))
    expect(report).toMatchObject({ verdict: 'hold', superseded: true })
  })

  it.each([
    ['rollout_failed', { phase: 'failed' }],
    ['finished_by_force', { phase: 'done', forced: { actor: 'ann', reason: 'it looks well' } }],
  ] as const)(
    'X83: R73: R74: turns proceed into hold when the rollout that is meant is %s',
    (reason, end) => {
      // Whatever the platform looks like.
      const ended: GateReport = { ...proceeding, rollout: { ...proceeding.rollout, ...end } }
      const report = tighten(ended, { rollout: 'caracal/47' }, at(proceeding))
      expect(report).toMatchObject({ verdict: 'hold', superseded: false })
      expect(report.blocking[0]).toMatchObject({ ref: 'request/rollout', state: 'fail', reason })
      expect(tighten(ended, {}, at(proceeding))).toBe(ended)
    },
  )

  it('R74: leaves proceed to a rollout that was done with proof', () => {
    const done: GateReport = { ...proceeding, rollout: { ...proceeding.rollout, phase: 'done' } }
    expect(tighten(done, { rollout: 'caracal/47' }, at(proceeding))).toBe(done)
  })

  it('turns proceed into hold when something was not seen lately enough, or never', () => {
    expect(tighten(proceeding, { maxAge: 15_000 }, at(proceeding)).verdict).toBe('hold')
  })

  it('accepts looks that are young enough, and lets pushed evidence have its own expiry', () => {
    const lastSuccessAt = new Date(at(proceeding) - 10_000).toISOString()
    const seen: GateReport = {
      ...proceeding,
      gates: proceeding.gates.map((gate) => ({
        ...gate,
        checks: gate.checks.map((check) =>
          check.source === 'evidence' ? check : { ...check, lastSuccessAt },
        ),
      })),
      stopConditions: proceeding.stopConditions.map((stop) => ({ ...stop, lastSuccessAt })),
    }
    expect(tighten(seen, { maxAge: 15_000 }, at(seen)).verdict).toBe('proceed')
    expect(tighten(seen, { maxAge: 5_000 }, at(seen)).verdict).toBe('hold')
    expect(tighten(seen, { maxAge: 10_500 }, at(seen) + 1_000).verdict).toBe('hold')
  })

  it('leaves a stop a stop, with its own summary', () => {
    const report = tighten(stopping, { rollout: 'caracal/46', steady: 1 }, at(stopping))
    expect(report).toMatchObject({ verdict: 'stop', superseded: true, summary: stopping.summary })
    expect(report.blocking[0]).toEqual(stopping.blocking[0])
  })

  it('Law 9: a report that has expired does not let anything proceed', () => {
    const expiry = Date.parse(proceeding.expiresAt)
    expect(tighten(proceeding, {}, expiry).verdict).toBe('proceed')
    expect(tighten(proceeding, {}, expiry + 1)).toMatchObject({ verdict: 'hold' })
    expect(tighten(stopping, {}, expiry + 1)).toMatchObject({ verdict: 'stop' })
  })

  it('X03: R115: turns proceed into hold while what is demanded has not arrived, and says what it heard', () => {
    const arrival = () => [unmet('api', 'not_arrived', Infinity), met('sts')]
    const report = tighten(proceeding, { expected: wanted }, at(proceeding), arrival)
    expect(report).toMatchObject({
      verdict: 'hold',
      summary: 'Hold: 1 of 3 replicas of api run api:2',
      demanded: { images: { api: 'api:2' }, digests: {}, revision: null, chart: null, appVersion: null },
      blocking: [{ ref: 'request/arrival/api', state: 'pending', reason: 'not_arrived', rootCause: true }],
    })
    const otherwise = tighten(proceeding, { expected: wanted }, at(proceeding), () => [
      unmet('api', 'arrived_otherwise', 0),
    ])
    expect(otherwise.blocking[0]).toMatchObject({ state: 'fail', reason: 'arrived_otherwise' })
  })

  it('X03: R115: lets proceed what is demanded and has arrived, beside what was declared', () => {
    const report = tighten(proceeding, { expected: wanted }, at(proceeding), () => [met('api')])
    expect(report).toMatchObject({ verdict: 'proceed', blocking: [], demanded: { images: { api: 'api:2' } } })
    expect(tighten(holding, { expected: wanted }, at(holding), () => [met('api')]).verdict).toBe('hold')
  })

  it.each<[AskedPhase, GateReport['rollout']['phase'], string | undefined]>([
    ['preflight', 'preflight', undefined],
    ['preflight', 'idle', undefined],
    ['preflight', 'done', undefined],
    ['preflight', 'migrating', 'phase_over'],
    ['preflight', 'verifying', 'phase_over'],
    ['migrating', 'preflight', 'phase_not_reached'],
    ['migrating', 'verifying', undefined],
    ['rolling', 'migrating', 'phase_not_reached'],
    ['rolling', 'rolling', undefined],
    ['verifying', 'rolling', 'phase_not_reached'],
    ['verifying', 'done', undefined],
    ['verifying', 'idle', 'phase_not_reached'],
    ['verifying', 'failed', 'phase_not_reached'],
  ])('X03: R117: about %s, of a rollout in %s, has the reason %s', (asked, phase, reason) => {
    const report: GateReport = { ...proceeding, rollout: { ...proceeding.rollout, phase } }
    const answer = tighten(report, { phase: asked }, at(proceeding))
    expect([answer.askedPhase, answer.blocking[0]?.reason]).toEqual([asked, reason])
    expect(answer.verdict).toBe(reason === undefined ? 'proceed' : 'hold')
  })

  it('X03: R114: never lets proceed where nothing looks for what has arrived', () => {
    const report = tighten(proceeding, { expected: wanted }, at(proceeding))
    expect(report).toMatchObject({
      verdict: 'hold',
      blocking: [{ state: 'unknown', reason: 'not_configured' }],
    })
  })

  it('Law 8: never makes an answer less strict', () => {
    const demands = fc.record(
      {
        rollout: fc.constantFrom('caracal/47', 'caracal/46', ''),
        steady: fc.integer({ min: 0, max: 600_000 }),
        maxAge: fc.integer({ min: 0, max: 600_000 }),
        expected: fc.constantFrom(wanted, { revision: '48' }, { ...wanted, revision: '48' }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Demands>
    const reports = fc.constantFrom(proceeding, holding, stopping)
    fc.assert(
      fc.property(
        reports,
        demands,
        demands,
        fc.integer({ min: 0, max: 10_000 }),
        fc.constantFrom('api:2', '48', ''),
        (report, one, other, late, runs) => {
          const now = at(report) + late
          const arrival = ({ images, revision }: Expected) => [
            ...(images === undefined
              ? []
              : [images['api'] === runs ? met('api') : unmet('api', 'not_arrived', 0)]),
            ...(revision === undefined
              ? []
              : [revision === runs ? met('revision') : unmet('revision', 'x', 0)]),
          ]
          const stricter = tighten(report, one, now, arrival)
          expect(strictness[stricter.verdict]).toBeGreaterThanOrEqual(strictness[report.verdict])
          expect(stricter.verdict === 'stop').toBe(report.verdict === 'stop')
          expect(stricter.requiredSteadySeconds).toBeGreaterThanOrEqual(report.requiredSteadySeconds)
          expect(stricter.blocking.length).toBeGreaterThanOrEqual(report.blocking.length)
          // A demand more never undoes one that was made.
          const both = tighten(report, { ...one, ...other, ...minimum(one, other) }, now, arrival)
          if (other.rollout === undefined || other.rollout === one.rollout || one.rollout === undefined)
            expect(strictness[both.verdict]).toBeGreaterThanOrEqual(strictness[stricter.verdict])
        },
      ),
    )
  })
})

/** Both demands at once. */
function minimum(one: Demands, other: Demands): Demands {
  const maxAge = Math.min(one.maxAge ?? Infinity, other.maxAge ?? Infinity)
  const steady = Math.max(one.steady ?? 0, other.steady ?? 0)
  const expected = { ...one.expected, ...other.expected }
  return {
    ...(Number.isFinite(maxAge) && { maxAge }),
    steady,
    ...(Object.keys(expected).length > 0 && { expected }),
  }
}
