import { describe, expect, it } from 'vitest'
import * as signals from '../../../src/rules/signals.ts'
import { openHttp } from '../../../src/connections/http.ts'
import { parseExposition } from '../../../src/probes/exposition.ts'
import { components } from '../../../src/probes/replicas.ts'
import {
  familiesOf,
  lookAt,
  measuredSignals,
  type Measured,
  serviceMetrics,
} from '../../../src/probes/service-metrics.ts'

const fresh = 'caracal_gateway_revocation_snapshot_fresh'
const age = 'caracal_gateway_revocation_snapshot_age_seconds'

function look(component: Measured, overrides: Readonly<Record<string, string | undefined>> = {}) {
  const lines = [...familiesOf(component)].map((name) =>
    name in overrides ? (overrides[name] ?? '') : `${name} ${name === fresh ? 1 : 0}\n`,
  )
  return lookAt(component, `${component}-1`, parseExposition(lines.join(''), familiesOf(component)))
}

function seen(component: Measured, overrides: Readonly<Record<string, string | undefined>>) {
  const { readings, blindSpots = [] } = look(component, overrides)
  return {
    readings: readings.map(({ signal, value }) => [signal, value]),
    blindSpots: blindSpots.map(({ signal, unknownReason, reason }) => [signal, unknownReason, reason]),
  }
}

describe('the families of services as signals', () => {
  it('gives every signal of a Gateway replica', () => {
    expect(look('gateway')).toEqual({
      readings: [
        [signals.snapshotFresh, 1],
        [signals.snapshotAge, 0],
        [signals.snapshotReloadErrors, 0],
        [signals.replayFiles, 0],
        [signals.replayOldestAge, 0],
        [signals.evidenceDropped, 0],
        [signals.circuitOpened, 0],
      ].map(([signal, value]) => ({
        signal: (signal as { name: string }).name,
        labels: { component: 'gateway', replica: 'gateway-1' },
        value,
      })),
      blindSpots: [],
    })
  })

  it('tells policy errors and tamper findings apart by kind', () => {
    const policy = look('sts').readings.filter(({ signal }) => signal === signals.policyErrors.name)
    const tamper = look('audit').readings

    expect(policy.map(({ labels }) => labels['kind'])).toEqual(['compile', 'eval'])
    expect(tamper.map(({ labels }) => labels['kind'])).toEqual([
      'mismatch',
      'chain_break',
      'hmac_failure',
      'replay',
    ])
    expect(new Set(tamper.map(({ signal }) => signal))).toEqual(new Set([signals.tamperFindings.name]))
  })

  it.each(['gateway', 'sts', 'audit'] as const)(
    'a family that %s lacks is a blind spot, not 0',
    (component) => {
      for (const family of familiesOf(component)) {
        // An age above 0, for without the flag the age 0 cannot be believed either.
        const { readings, blindSpots = [] } = look(component, { [age]: `${age} 3\n`, [family]: undefined })

        expect(blindSpots).toHaveLength(1)
        expect(blindSpots[0]).toMatchObject({ unknownReason: 'malformed', reason: 'metric_missing' })
        expect(blindSpots[0]?.labels).toMatchObject({ component, replica: `${component}-1` })
        expect(blindSpots[0]?.message).toContain(family)
        expect(readings.length + blindSpots.length).toBe(familiesOf(component).size)
      }
    },
  )

  it.each([
    ['NaN', 'malformed', 'not_a_number'],
    ['+Inf', 'malformed', 'not_a_number'],
    ['-3', 'contradictory', 'negative_value'],
  ])('an age of %s is no measurement, and the rest stands', (value, unknownReason, reason) => {
    const { readings, blindSpots } = seen('gateway', { [age]: `${age} ${value}\n` })

    expect(blindSpots).toEqual([[signals.snapshotAge.name, unknownReason, reason]])
    expect(readings).toHaveLength(6)
  })

  it('T46: a counter below zero is no counter', () => {
    const family = 'caracal_sts_audit_dropped_total'

    expect(seen('sts', { [family]: `${family} -1\n` }).blindSpots).toEqual([
      [signals.evidenceDropped.name, 'contradictory', 'negative_value'],
    ])
  })

  it('the age 0 of a snapshot that is not fresh is unknown, any other age is said', () => {
    const stale = { [fresh]: `${fresh} 0\n` }

    expect(seen('gateway', { ...stale, [age]: `${age} 0\n` }).blindSpots).toEqual([
      [signals.snapshotAge.name, 'ambiguous', 'age_unknown'],
    ])
    expect(seen('gateway', { ...stale, [age]: `${age} 71\n` }).readings).toContainEqual([
      signals.snapshotAge.name,
      71,
    ])
    expect(seen('gateway', { [fresh]: undefined, [age]: `${age} 0\n` }).blindSpots).toHaveLength(2)
  })

  it('a flag is 0 or 1', () => {
    expect(seen('gateway', { [fresh]: `${fresh} 2\n` }).blindSpots).toContainEqual([
      signals.snapshotFresh.name,
      'malformed',
      'not_boolean',
    ])
  })

  it('several series where one was expected are ambiguous', () => {
    expect(seen('gateway', { [age]: `${age}{pod="a"} 1\n${age}{pod="b"} 2\n` }).blindSpots).toEqual([
      [signals.snapshotAge.name, 'ambiguous', 'several_series'],
    ])
  })

  it.each([
    ['T13', 'caracal_sts_opa_max_policy_age_seconds'],
    ['T14', 'caracal_gateway_revocation_propagation_seconds'],
    ['T15', 'caracal_gateway_sts_circuit_open'],
    ['T16', 'caracal_gateway_sts_exchange_errors_total'],
    ['T19', 'caracal_sts_audit_replay_pending'],
    ['T08', 'caracal_db_pool_in_use_ratio'],
    ['T10', 'caracal_audit_consumer_lag'],
    ['T11', 'caracal_audit_consumer_pel_oldest_seconds'],
    ['T09', 'caracal_audit_dlq_size'],
  ])('%s: does not read %s, which says something else than its name', (_, family) => {
    for (const component of ['gateway', 'sts', 'audit'] as const)
      expect(familiesOf(component).has(family)).toBe(false)
  })
})

describe('the probe of /metrics', () => {
  const replicas = components.map((component) => ({
    component,
    name: `${component}-1`,
    url: 'http://127.0.0.1:9',
  }))
  const probe = serviceMetrics({
    http: openHttp(),
    discovery: { replicas: () => replicas },
    bearer: () => undefined,
  })

  it('T02, T03, T29, T44: asks Gateway, STS and Audit only', () => {
    expect(probe.targets().map(({ id }) => id)).toEqual(['sts/sts-1', 'gateway/gateway-1', 'audit/audit-1'])
  })

  it('makes a hung replica unknown within a second while brisk, six while quiet', () => {
    for (const target of probe.targets()) {
      const { brisk, quiet, timeout } = probe.pace(target)

      expect(brisk + timeout).toBeLessThan(1_000)
      expect(quiet + timeout).toBeLessThan(6_000)
    }
  })

  it('names each signal that it provides once', () => {
    expect(new Set(measuredSignals.map(({ name }) => name)).size).toBe(measuredSignals.length)
    expect(measuredSignals).toContain(signals.tamperFindings)
  })
})
