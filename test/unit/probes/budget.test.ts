import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openHttp } from '../../../src/connections/http.ts'
import { ATTEMPTS, leastInterval, withinBudget } from '../../../src/probes/budget.ts'
import { healthEndpoint } from '../../../src/probes/health-endpoint.ts'
import type { Probe } from '../../../src/probes/probe.ts'
import { readyEndpoint } from '../../../src/probes/ready-endpoint.ts'
import { components, type Replica } from '../../../src/probes/replicas.ts'
import { serviceMetrics } from '../../../src/probes/service-metrics.ts'

function attemptsIn(intervals: readonly number[]): number {
  return intervals.reduce((sum, interval) => sum + 1_000 / interval, 0)
}

describe('the least interval', () => {
  const intervals = fc.array(fc.integer({ min: 50, max: 300_000 }), { maxLength: 300 })

  it('keeps all attempts together within what they may be, and slows nothing more than that takes', () => {
    fc.assert(
      fc.property(intervals, fc.double({ min: 0.5, max: 5_000, noNaN: true }), (own, most) => {
        const least = leastInterval(own, most)
        const slowed = own.map((interval) => Math.max(interval, least))
        const attempts = attemptsIn(slowed)
        expect(attempts).toBeLessThanOrEqual(most * (1 + 1e-9))
        if (attemptsIn(own) <= most) expect(least).toBe(0)
        else expect(attempts).toBeGreaterThan(most * (1 - 1e-9))
      }),
    )
  })

  it('does not count what is due at once', () => {
    expect(leastInterval([0, 0, 1_000], 1)).toBe(0)
  })
})

/** All probes of replicas, with so many replicas in equal parts. */
function probesOf(count: number): readonly Probe[] {
  const replicas = Array.from({ length: count }, (_, n): Replica => {
    const component = components[n % components.length] ?? 'api'
    return { component, name: `${component}-${n}`, url: 'http://127.0.0.1:9' }
  })
  const sources = {
    http: openHttp(),
    discovery: { replicas: () => replicas },
    clock: { now: () => 0 },
    bearer: () => undefined,
  }
  return [readyEndpoint(sources), healthEndpoint(sources), serviceMetrics(sources)]
}

function pacesOf(probes: readonly Probe[]) {
  const listed = probes.map((probe) => [probe, probe.targets()] as const)
  return listed.flatMap(([probe, targets]) => targets.map((target) => probe.pace(target)))
}

describe('R136: the budget of attempts at replicas', () => {
  it.each([12, 100, 200])('changes nothing with %i replicas', (count) => {
    const probes = probesOf(count)
    expect(pacesOf(withinBudget(probes))).toEqual(pacesOf(probes))
  })

  it.each([500, 2_000, 20_000])('holds with %i replicas, brisk and quiet', (count) => {
    const own = pacesOf(probesOf(count))
    const paces = pacesOf(withinBudget(probesOf(count)))
    for (const cadence of ['brisk', 'quiet'] as const) {
      const intervals = paces.map((pace) => pace[cadence])
      expect(attemptsIn(intervals)).toBeLessThanOrEqual(ATTEMPTS * (1 + 1e-9))
      expect(intervals.every((interval, n) => interval >= (own[n]?.[cadence] ?? Infinity))).toBe(true)
    }
    expect(paces.map(({ timeout }) => timeout)).toEqual(own.map(({ timeout }) => timeout))
  })

  it('shows a fault of any of 500 replicas within 550 ms, and slows only what is asked most often', () => {
    const own = pacesOf(probesOf(500))
    const paces = pacesOf(withinBudget(probesOf(500)))
    const slowest = Math.max(...paces.filter((_, n) => own[n]?.brisk === 150).map(({ brisk }) => brisk))
    expect(slowest).toBeLessThanOrEqual(550)
    const others = paces.filter((_, n) => (own[n]?.brisk ?? 0) > 550)
    expect(others).toEqual(own.filter(({ brisk }) => brisk > 550))
  })

  it('counts what comes later, as soon as it is listed', () => {
    let count = 1
    const few: Probe = {
      name: 'x',
      provides: [],
      targets: () => Array.from({ length: count }, (_, n) => ({ id: String(n), labels: {} })),
      pace: () => ({ brisk: 100, quiet: 100, timeout: 1 }),
      look: () => Promise.resolve({ readings: [] }),
    }
    const [probe] = withinBudget([few], 10)
    expect(pacesOf(probe === undefined ? [] : [probe])).toEqual([{ brisk: 100, quiet: 100, timeout: 1 }])
    count = 20
    for (const pace of pacesOf(probe === undefined ? [] : [probe]))
      expect(pace).toMatchObject({ brisk: 2_000, quiet: 2_000 })
  })
})
