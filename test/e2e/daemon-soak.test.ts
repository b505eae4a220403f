import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { author, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'

const POLLS = 1_000

let ground: Ground
let redis: Redis
let gate: Gate
let startedAt: number

beforeAll(async () => {
  // As it would be installed: two replicas each at the platform's own pace, and the limits of the product.
  ground = await setGround({ platform: { timings: {}, replicas: {}, seedDispatchedRows: 10_000 } })
  ground.configure((configuration) => delete configuration['limits'])
  redis = new Redis(ground.servers.redis.url, { protocol: 2 })
  startedAt = performance.now()
  gate = await ground.start()
  await gate.until('proceed', proceeds, 30)
})
afterAll(async () => {
  redis.disconnect()
  await ground.end()
})

/** Looks of each probe so far. */
async function attempts(): Promise<ReadonlyMap<string, number>> {
  const { text } = await gate.get('/metrics')
  const samples = text.matchAll(/^caracal_gate_exporter_probe_attempts_total\{probe="([^"]+)"\} (\d+)$/gm)
  return new Map([...samples].map(([, probe = '', count]) => [probe, Number(count)]))
}

/** Looks of each probe during a span. */
async function looksWithin(milliseconds: number): Promise<(probe: string) => number> {
  const before = await attempts()
  await delay(milliseconds)
  const after = await attempts()
  return (probe) => (after.get(probe) ?? 0) - (before.get(probe) ?? 0)
}

describe('a platform that is well', () => {
  it(`is proceed in ${POLLS} polls, and the index never moves`, async () => {
    const seen = new Map<string, string>()
    const evaluations = new Set<string>()
    let cadences: readonly string[] = []
    for (let poll = 0; poll < POLLS; poll += 1) {
      const { status, text } = await gate.get('/gates')
      const report = JSON.parse(text) as GateReport
      seen.set(`${status} ${report.verdict} ${report.index}`, JSON.stringify(report.blocking))
      evaluations.add(report.evaluatedAt)
      const { cadence } = report.evaluator
      if (cadences.at(-1) !== cadence) cadences = [...cadences, cadence]
      await delay(38)
    }
    expect([...seen]).toEqual([[expect.stringMatching(/^200 proceed /), '[]']])
    expect(evaluations.size).toBeGreaterThan(30)
    // More than 30 s have passed in which all was clear.
    expect(cadences).toEqual(['brisk', 'quiet'])
  })

  it('is looked at rarely while quiet, and often as soon as a rollout begins', async () => {
    const quiet = await looksWithin(5_000)
    // STS, Gateway and Audit, two replicas each, every 5 s.
    expect(quiet('service-metrics')).toBeLessThanOrEqual(12)
    expect(quiet('redis-streams')).toBeLessThanOrEqual(4)
    expect(quiet('outbox-tables')).toBeLessThanOrEqual(4)
    expect((await gate.post('/rollouts', { id: 'soak', ...author })).status).toBe(201)
    expect((await gate.report()).evaluator.cadence).toBe('brisk')
    const brisk = await looksWithin(3_000)
    // Six replicas every 150 ms at most; on a busy machine it may be a third.
    expect(brisk('service-metrics')).toBeGreaterThan(40)
    expect(brisk('service-metrics')).toBeLessThanOrEqual(132)
    expect(brisk('redis-streams')).toBeGreaterThan(10)
    expect(brisk('redis-streams')).toBeLessThanOrEqual(33)
    // STS and Gateway every 150 ms, Audit every 500 ms, the others every 2 s at most.
    expect(brisk('ready-endpoint')).toBeLessThanOrEqual(118)
    expect((await gate.report()).verdict).toBe('proceed')
  })

  it('T34: is never asked more than it grants', async () => {
    const { text } = await gate.get('/metrics')
    const failures = text
      .split('\n')
      .filter((line) => line.startsWith('caracal_gate_exporter_probe_failures_total'))
    expect(failures).toEqual([])
    const keys = await redis.keys('*_rl:*')
    expect(keys.length).toBeGreaterThan(0)
    const minutes = (performance.now() - startedAt) / 60_000
    for (const key of keys) {
      const calls = Number(await redis.get(key))
      // A third of what one address may ask in a minute, for kubelets may share it.
      const granted = key.startsWith('api:') ? 120 : 600
      expect(calls, `${key} after ${minutes.toFixed(1)} minutes`).toBeLessThanOrEqual(granted / 3)
    }
  })
})
