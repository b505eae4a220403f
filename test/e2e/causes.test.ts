import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setStage, type Stage } from '../../demo/stage.ts'
import { acknowledgeAll } from '../../demo/tour.ts'
import { faults } from '../../rig/platform/faults.ts'
import type { GateReport } from '../../src/contract/document.ts'

/** All of them run with CAUSE_PAIRS=all, the first two else: each takes some ten seconds. */
const pairs: readonly (readonly [string, string])[] = [
  ['redis-hung', 'postgres-hung'],
  ['replica-refused', 'redis-hung'],
  ['outbox-dead-messages', 'redis-hung'],
  ['outbox-dead-messages', 'postgres-hung'],
  ['sts-unready', 'gateway-unready'],
  ['audit-evidence-lost', 'revocation-snapshot-stale'],
  ['redis-rejects-writes', 'replica-html'],
  ['gateway-group-missing', 'sts-unready'],
  ['replica-refused', 'postgres-hung'],
  ['replica-refused', 'replica-html'],
  ['replica-hung', 'postgres-hung'],
  ['sts-unready', 'redis-hung'],
  ['sts-unready', 'postgres-hung'],
  ['replica-html', 'sts-unready'],
  ['redis-eviction-policy', 'postgres-hung'],
  ['redis-memory-pressure', 'postgres-hung'],
  ['redis-memory-pressure', 'sts-unready'],
  ['gateway-group-missing', 'postgres-hung'],
  ['migration-missing', 'redis-hung'],
  ['migration-missing', 'sts-unready'],
  ['policy-failure', 'redis-hung'],
  ['policy-failure', 'gateway-unready'],
  ['audit-dlq-growing', 'postgres-hung'],
  ['audit-dlq-growing', 'replica-html'],
  ['audit-tamper-detected', 'redis-hung'],
  ['coordinator-outbox-dead', 'sts-unready'],
  ['sts-circuit-open', 'replica-html'],
  ['revocation-snapshot-stale', 'redis-hung'],
  ['replay-backlog-aging', 'postgres-hung'],
  ['redis-eviction-policy', 'replica-html'],
]

const tried = process.env['CAUSE_PAIRS'] === 'all' ? pairs : pairs.slice(0, 2)

/** Seconds for a cause to show, or to be over. */
const PATIENCE = 45

function rootsIn({ blocking }: GateReport): readonly string[] {
  return blocking.flatMap(({ ref, rootCause }) => (rootCause ? (ref.split('/').at(-1) ?? '') : []))
}

function causeOf(name: string): string {
  const fault = faults.find((one) => one.name === name)
  return fault?.cause ?? fault?.stopCondition ?? ''
}

describe('R171: X15: the root causes of two faults at a time', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage(() => {})
    await stage.gates.until('it may proceed', ({ verdict }) => verdict === 'proceed', PATIENCE)
  }, 120_000)
  afterEach(async () => {
    await stage.platform.faults.clearAll()
    await acknowledgeAll(stage, 'two faults')
    await stage.gates.until('it is over', ({ verdict }) => verdict === 'proceed', PATIENCE)
  }, 120_000)
  afterAll(() => stage.stop())

  it.each(tried)('%s and %s', { timeout: 120_000 }, async (one, other) => {
    const { gates, platform } = stage
    const expected = [causeOf(one), causeOf(other)].toSorted()
    await platform.faults.inject(one)
    await gates.until(`${one} is named`, (report) => rootsIn(report).includes(causeOf(one)), PATIENCE)
    await platform.faults.inject(other)
    let last: readonly string[] = []
    const isSettled = (report: GateReport) => {
      last = rootsIn(report).toSorted()
      return JSON.stringify(last) === JSON.stringify(expected)
    }
    await gates.until('both are named, and nothing else', isSettled, PATIENCE).catch(() => undefined)
    expect(last).toEqual(expected)
  })
})
