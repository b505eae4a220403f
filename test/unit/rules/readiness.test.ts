import { describe, expect, it } from 'vitest'
import { isReadinessCode, readinessReasonOf, readinessReasons } from '../../../src/rules/readiness-reasons.ts'
import { replicasReady } from '../../../src/rules/readiness.ts'
import * as signals from '../../../src/rules/signals.ts'
import { read } from '../../../src/core/signal.ts'
import { readinessOf } from '../../../src/probes/ready-answers.ts'
import { recordedNotReady } from '../../support/recorded-answers.ts'
import { changed, faultsIn, findingsIn } from './judging.ts'
import { healthyWorld } from './platform-world.ts'

const healthy = healthyWorld()
const api = { component: 'api', replica: 'api-0' }
const condition = replicasReady('api', 'configuration')

describe('the reasons of a replica that is not ready', () => {
  const recorded = recordedNotReady().filter(({ path, body }) => path === '/ready' && body !== undefined)

  it.each(recorded)('X15: are known: what $service said with $cause', ({ status = 0, body }) => {
    const readiness = readinessOf(
      { status, contentType: 'application/json', body: JSON.stringify(body) },
      'it',
    )
    expect(readiness).toMatchObject({ ready: 0 })
    expect('reason' in readiness && isReadinessCode(readiness.reason)).toBe(true)
  })

  it.each([
    ['redis_unreachable', 'redis'],
    ['internal_error', 'redis'],
    ['consumer_unhealthy', 'redis'],
    ['stream_consumers_not_ready', 'redis'],
    ['postgres_unreachable', 'postgres'],
    ['revocation_snapshot_stale', 'postgres'],
    ['sts_unreachable', 'sts'],
    ['audit_evidence_lost', undefined],
    ['toString', undefined],
  ])('X15: say what is lacking: %s', (code, lacks) => {
    expect(readinessReasonOf(code).lacks).toBe(lacks)
  })

  it.each(Object.keys(readinessReasons))('X15: are the reason of the finding: %s', (code) => {
    expect(faultsIn(condition, changed(healthy, [signals.ready, api, 0, code]))).toEqual([
      `api/api-0 unmet ${code}`,
    ])
  })

  it('keep the words of one that is not known in the message only', () => {
    const world = changed(healthy, [signals.ready, api, 0, { code: 'other', detail: 'other: disk_on_fire' }])
    const [finding] = findingsIn(condition, world)
    expect(finding).toMatchObject({
      reason: 'other',
      message: 'api/api-0 is not ready: other: disk_on_fire',
    })
  })

  it('T53: say what the code does not', () => {
    const audit = { component: 'audit', replica: 'audit-0' }
    const world = changed(healthy, [signals.ready, audit, 0, 'consumer_unhealthy'])
    expect(findingsIn(replicasReady('audit', 'configuration'), world)[0]?.message).toBe(
      'audit/audit-0 is not ready: consumer_unhealthy (a read from Redis failed, and it stays so until an entry arrives or it is restarted)',
    )
  })
})

describe('R133: X20: what a replica proved before it was throttled', () => {
  const said = 'it proved that 12 s ago, and answers 429 since'
  const throttled = changed(healthy, [signals.ready, api, 1, said])
  const withHealth = (value: 0 | 1) => {
    const refused = value === 0 ? 'connection_refused' : undefined
    const health = read(signals.alive, api, value, refused, refused && { code: refused })
    return throttled.map((one) =>
      one.probe === 'readiness' && one.target.id === 'api/api-0'
        ? { ...one, readings: [...one.readings, health] }
        : one,
    )
  }

  it('stands, and says so', () => {
    expect(findingsIn(condition, withHealth(1)).find(({ key }) => key === 'api/api-0')).toMatchObject({
      answer: 'met',
      message: `api/api-0 is ready: ${said}`,
    })
  })

  it('does not stand against what its /health says', () => {
    expect(faultsIn(condition, withHealth(0))).toEqual(['api/api-0 unmet connection_refused'])
    expect(faultsIn(condition, changed(withHealth(1), [signals.alive, api, 'blind']))).toEqual([
      'api/api-0 unknown cannot_tell',
    ])
  })
})
