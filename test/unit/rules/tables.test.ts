import { describe, expect, it } from 'vitest'
import { nextStepFor } from '../../../src/core/advice.ts'
import { MINUTE, SECOND } from '../../../src/core/time.ts'
import { evidenceIn, healthyWorld, platformRules } from './platform-world.ts'
import { faultsIn, findingsIn, remembering } from './judging.ts'
import { clusterPlaces } from './cluster-world.ts'

const { gates, stops } = platformRules()
const checks = gates.flatMap((gate) => gate.checks)

// That every gate, check and stop condition is there, and of which kind, is held by its section in the runbook:
// test/unit/docs.test.ts.

describe('the table of gates', () => {
  it('asks readiness only of the services that are named', () => {
    const small = platformRules({ components: ['sts'] }).gates.find((gate) => gate.id === 'readiness')
    expect(small?.checks.map((check) => check.id)).toEqual(['ready-sts', 'workload-rollout'])
  })
})

describe('the table of stop conditions', () => {
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

  it('give every item a next step and its page in the runbook', () => {
    expect(items.filter((item) => nextStepFor(item, undefined).trim() === '').map(({ id }) => id)).toEqual([])
    expect(checks.map(({ runbook }) => runbook)).toEqual(checks.map(({ id }) => id))
    expect(stops.map(({ runbook }) => runbook)).toEqual(stops.map(({ id }) => id))
  })

  it('judge every condition without a fault on a healthy platform', () => {
    for (const { id, condition } of items) {
      const found = condition.judge(evidenceIn(healthyWorld()), remembering())
      expect([id, found.filter(({ answer }) => answer !== 'met')]).toEqual([id, []])
      expect([id, found.length > 0]).toEqual([id, true])
    }
  })

  it('T05: name the namespace and the release of this installation in every command', () => {
    const release = { name: 'blue', namespace: 'identity' }
    const other = platformRules({ release })
    const steps = [...other.gates.flatMap((gate) => gate.checks), ...other.stops].map((item) =>
      nextStepFor(item, undefined),
    )
    const cluster = steps.filter((step) => /kubectl|helm /.test(step))
    expect(cluster.length).toBeGreaterThan(15)
    expect(cluster.filter((step) => !step.includes('-n identity '))).toEqual([])
    const labelled = steps.filter((step) => step.includes('app.kubernetes.io/component='))
    expect(labelled.filter((step) => !step.includes('app.kubernetes.io/instance=blue,'))).toEqual([])
  })
})

describe('a source', () => {
  const fromKubernetes = [
    'release-deployed',
    'workload-drift',
    'secret-references',
    'service-ports',
    'migration-jobs',
    'workload-rollout',
    'previous-revision',
    'migration-job-failed',
  ]

  function itemsOf(overrides: Parameters<typeof platformRules>[0]) {
    // What is optional is off for another reason.
    const optional = checks.filter((check) => check.optional === true).map(({ id }) => id)
    const rules = platformRules({ on: new Set(optional), ...overrides })
    const items = [...rules.gates.flatMap((gate) => gate.checks), ...rules.stops]
    return { ...rules, items: new Map(items.map((item) => [item.id, item])) }
  }

  it('R49: that is switched off on purpose is skipped', () => {
    const { skipped, items } = itemsOf({ kubernetes: 'off' })
    expect([...skipped.keys()]).toEqual(fromKubernetes)
    expect(fromKubernetes.map((id) => items.get(id)?.source)).toEqual(fromKubernetes.map(() => 'kubernetes'))
  })

  it('R49: that nobody configured leaves unknown what needs it, and nothing else', () => {
    const { skipped, items } = itemsOf({ kubernetes: 'absent' })
    expect(skipped.size).toBe(0)
    const unknown = [...items.values()].filter(({ condition }) =>
      findingsIn(condition, healthyWorld()).some(({ answer }) => answer !== 'met'),
    )
    expect(unknown.map(({ id }) => id)).toEqual(fromKubernetes)
    for (const { condition } of unknown)
      expect(faultsIn(condition, healthyWorld())).toEqual(['source unknown not_configured'])
  })

  it('R49: that is configured and shows nothing leaves unknown what needs it', () => {
    const { items } = itemsOf({})
    const cluster = new Set(clusterPlaces().map(({ probe }) => probe))
    const nothing = healthyWorld().filter(({ probe }) => !cluster.has(probe))
    for (const id of [...fromKubernetes, 'ready-sts', 'sts-unready', 'manifest-digest', 'helm-render']) {
      const condition = items.get(id)?.condition
      const found = condition === undefined ? [] : findingsIn(condition, nothing)
      expect([id, found.filter(({ answer }) => answer !== 'met').map(({ answer }) => answer)]).not.toEqual([
        id,
        [],
      ])
      expect([id, found.filter(({ unknownReason }) => unknownReason === 'not_configured')]).toEqual([id, []])
    }
  })

  it('R49: that may not be read, as the Secrets of Helm, is replaced by what a pipeline proves', () => {
    const { skipped, items } = itemsOf({ helmSecrets: false })
    // No pipeline can prove in advance what becomes of the release.
    expect([...skipped.keys()]).toEqual(['release-deployed'])
    const pushed = ['workload-drift', 'manifest-digest', 'helm-render', 'previous-revision']
    expect(pushed.map((id) => items.get(id)?.source)).toEqual(pushed.map(() => 'evidence'))
    expect(items.get('workload-rollout')?.source).toBe('kubernetes')
    for (const id of pushed)
      expect(items.get(id)?.condition.signals.map(({ name }) => name)).toEqual([
        'caracal_rollout_evidence_accepted',
      ])
  })

  it('keeps the reason for which somebody switched a check off', () => {
    const off = new Map([
      ['helm-render', 'rendered by hand'],
      ['workload-drift', 'checked by Argo'],
    ])
    const rules = platformRules({ off, kubernetes: 'off' })
    expect(rules.skipped.get('helm-render')).toBe('rendered by hand')
    expect(rules.skipped.get('workload-drift')).toBe('checked by Argo')
  })
})
