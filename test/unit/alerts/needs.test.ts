import { describe, expect, it } from 'vitest'
import { gateGroup, platformGroup } from '../../../alerts/source/index.ts'
import { recordingNames } from '../../../src/contract/alert-names.ts'
import { exporterMetrics, platformMetrics } from '../../../src/contract/alert-needs.ts'

const { recordings } = gateGroup()

/** Metrics that are there only while there is something to say. */
const atTimes = [
  'caracal_gate_exporter_links_info',
  'caracal_rollout_cause_since_timestamp_seconds',
  'caracal_rollout_not_enforced_until_timestamp_seconds',
  'caracal_rollout_shadow_expired_timestamp_seconds',
  'caracal_rollout_started_timestamp_seconds',
  'caracal_rollout_stop_condition_culprit',
  'caracal_rollout_stop_condition_explained',
  'caracal_rollout_stop_condition_firing_since_timestamp_seconds',
  'caracal_rollout_stop_condition_latched_timestamp_seconds',
  'caracal_rollout_stop_condition_observed',
  'caracal_rollout_stop_condition_threshold',
]

describe('what the alerts need', () => {
  it('is recorded by rules that the contract names', () => {
    expect(recordings.map(({ record }) => record)).toEqual(recordingNames)
  })

  it('R241: is each metric that a rule on the exporter reads and that is always there, and its start', () => {
    const asked = recordings.flatMap(
      ({ expr }) => expr.replaceAll(/release:[\w:]+/g, '').match(/\bcaracal_\w+/g) ?? [],
    )
    const always = new Set(asked.filter((name) => !atTimes.includes(name)))
    expect([...always, 'caracal_gate_exporter_start_timestamp_seconds'].toSorted()).toEqual(
      exporterMetrics.toSorted(),
    )
    expect(atTimes.filter((name) => !asked.includes(name))).toEqual([])
  })

  it('is a metric of each service that the rules on the platform read', () => {
    const exprs = platformGroup.alerts.map(({ expr }) => expr).join('\n')
    for (const name of platformMetrics) expect(exprs).toContain(`absent(${name})`)
  })
})
