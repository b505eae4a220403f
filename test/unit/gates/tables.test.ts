import { describe, expect, it } from 'vitest'
import { MINUTE, SECOND } from '../../../src/core/time.ts'
import { evidenceIn, healthyWorld, platformRules } from '../checks/platform-world.ts'
import { remembering } from '../checks/judging.ts'

const { gates, stops, skipped } = platformRules()
const checks = gates.flatMap((gate) => gate.checks)

describe('the table of gates', () => {
  it('lists the six gates of the runbook with their checks', () => {
    expect(
      Object.fromEntries(gates.map(({ id, checks: list }) => [id, list.map((check) => check.id)])),
    ).toEqual({
      'source-verification': ['workload-drift', 'secret-references', 'service-ports', 'manifest-digest'],
      'render-validation': ['helm-render'],
      'migration-safety': ['migration-jobs', 'migrations-applied', 'migrations-forward-only'],
      readiness: [
        'ready-api',
        'ready-sts',
        'ready-gateway',
        'ready-audit',
        'ready-coordinator',
        'ready-web',
        'workload-rollout',
      ],
      'event-health': [
        'streams-exist',
        'stream-backlog',
        'audit-ingestion',
        'consumers-alive',
        'dead-letters',
        'outbox-dispatch',
        'outbox-dead-rows',
        'revocation-snapshots',
        'revocation-propagation',
        'replay-backlog',
        'redis-configuration',
      ],
      'rollback-plan': ['previous-revision', 'schema-compatibility'],
    })
  })

  it('asks readiness only of the services that are named', () => {
    const small = platformRules({ components: ['sts'] }).gates.find((gate) => gate.id === 'readiness')
    expect(small?.checks.map((check) => check.id)).toEqual(['ready-sts', 'workload-rollout'])
  })
})

describe('the table of stop conditions', () => {
  it('lists the stop conditions of the runbook with their kinds', () => {
    expect(stops.map(({ id, kind }) => [id, kind])).toEqual([
      ['migration-job-failed', 'edge'],
      ['sts-unready', 'cannot-prove'],
      ['gateway-unready', 'cannot-prove'],
      ['audit-dlq-growing', 'edge'],
      ['replay-backlog-aging', 'level'],
      ['revocation-snapshot-stale', 'level'],
      ['outbox-dead-messages', 'edge'],
      ['postgres-pool-saturation', 'level'],
      ['redis-memory-pressure', 'level'],
      ['audit-evidence-lost', 'edge'],
      ['audit-tamper-detected', 'edge'],
      ['sts-circuit-open', 'edge'],
      ['policy-failure', 'edge'],
    ])
  })

  it.each([
    ['sts-unready', { hold: MINUTE, warmUp: 180 * SECOND }],
    ['gateway-unready', { hold: MINUTE, warmUp: 180 * SECOND }],
    ['revocation-snapshot-stale', { hold: 10 * SECOND }],
    ['postgres-pool-saturation', { hold: 5 * MINUTE, clearAfter: MINUTE }],
    ['redis-memory-pressure', { hold: 5 * MINUTE, clearAfter: MINUTE }],
    ['replay-backlog-aging', { hold: 0, clearAfter: 5 * SECOND }],
    ['audit-dlq-growing', { hold: 0, window: 10 * MINUTE, clearAfter: 0 }],
  ])('%s holds and clears as the defaults say', (id, expected) => {
    expect(stops.find((stop) => stop.id === id)).toMatchObject(expected)
  })

  it('lets edges fire at first sight and clear at once', () => {
    const edges = stops.filter((stop) => stop.kind === 'edge')
    expect(edges.map(({ hold, clearAfter, warmUp }) => hold + clearAfter + warmUp)).toEqual(
      edges.map(() => 0),
    )
  })
})

describe('both tables', () => {
  const items = [...checks, ...stops]

  it('give every item an id of its own', () => {
    const ids = [...gates, ...items].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([])
  })

  it('give every item a next step and its place in the runbook', () => {
    expect(items.filter(({ nextStep }) => nextStep.trim() === '').map(({ id }) => id)).toEqual([])
    expect(checks.map(({ runbook }) => runbook)).toEqual(checks.map(({ id }) => `gates.md#${id}`))
    expect(stops.map(({ runbook }) => runbook)).toEqual(stops.map(({ id }) => `stop-conditions.md#${id}`))
  })

  it('judge every condition without a fault on a healthy platform', () => {
    for (const { id, condition, source } of items) {
      const found = condition.judge(evidenceIn(healthyWorld()), remembering())
      if (source === 'kubernetes') expect(found.map(({ answer }) => answer)).toEqual(['unknown'])
      else expect([id, found.filter(({ answer }) => answer !== 'met')]).toEqual([id, []])
    }
  })
})

describe('what is switched off', () => {
  const kubernetes = [...checks, ...stops].filter(({ source }) => source === 'kubernetes').map(({ id }) => id)

  it('is all that needs Kubernetes where there is none on purpose', () => {
    expect([...skipped.keys()]).toEqual(kubernetes)
    expect(kubernetes).toHaveLength(7)
    expect(platformRules({ kubernetes: true }).skipped.size).toBe(0)
  })

  it('keeps the reason that somebody gave', () => {
    const off = new Map([
      ['helm-render', 'rendered by hand'],
      ['workload-drift', 'checked by Argo'],
    ])
    const rules = platformRules({ off })
    expect(rules.skipped.get('helm-render')).toBe('rendered by hand')
    expect(rules.skipped.get('workload-drift')).toBe('checked by Argo')
  })
})
