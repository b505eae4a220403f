import { describe, expect, it } from 'vitest'
import * as signals from '../../../src/rules/signals.ts'
import { platformRules } from './platform-world.ts'

const all = Object.values(signals)
const { gates, stops } = platformRules()
const conditions = new Set(
  [...gates.flatMap((gate) => gate.checks), ...stops].map(({ condition }) => condition),
)
const judged = new Set([...conditions].flatMap((condition) => condition.signals.map(({ name }) => name)))

/** For dashboards, diagnosis and the detection of rollouts; no condition concludes anything from them. */
const exportedOnly = [
  'caracal_dead_letter_entries',
  'caracal_postgres_connections',
  'caracal_redis_evicted_keys_total',
  'caracal_release_created_timestamp_seconds',
  'caracal_replay_files',
  'caracal_revocation_reload_failures_total',
  'caracal_stream_entries',
  'caracal_stream_entries_added_total',
  'caracal_stream_group_lag_known',
  'caracal_stream_group_oldest_pending_idle_seconds',
  'caracal_stream_orphan_groups',
  'caracal_workload_replicas_available',
  'caracal_workload_replicas_updated',
  'caracal_workload_template_fingerprint',
]

describe('the signals', () => {
  it('are judged by a condition, or exported only on purpose', () => {
    const unused = all.map(({ name }) => name).filter((name) => !judged.has(name))
    expect(unused.toSorted()).toEqual(exportedOnly)
  })

  it('have names of their own, and counters alone end in _total', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name, type } of all)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
  })

  it('carry no label that Prometheus or Kubernetes sets', () => {
    const reserved = ['service', 'namespace', 'pod', 'job', 'instance', 'container', 'endpoint']
    expect(
      all.flatMap(({ labels }): readonly string[] => labels).filter((label) => reserved.includes(label)),
    ).toEqual([])
  })

  it.each([
    ['T09: the length of a dead-letter stream', 'caracal_dead_letter_entries'],
    ['T11: the idle time of the oldest pending entry', 'caracal_stream_group_oldest_pending_idle_seconds'],
    ['T17: the number of replay files', 'caracal_replay_files'],
    ['T27: groups of former replicas', 'caracal_stream_orphan_groups'],
  ])('%s is not judged', (_, name) => {
    expect(all.map((signal) => signal.name)).toContain(name)
    expect(judged.has(name)).toBe(false)
  })

  it.each([
    ['T13: the age of the policy, which grows while nobody changes it', /policy.*(age|seconds)/],
    ['T14: the propagation time, which keeps its last value', /propagation/],
    ['T15: the circuit gauge, which sticks until the next request', /circuit_open$/],
    ['T16: exchange errors, which count ordinary denials', /exchange_errors/],
    ['T49: what is called total and is a gauge', /^caracal_(api_)?outbox_.*total$/],
    ['T50: what retention says that it created', /retention/],
  ])('%s is no signal at all', (_, pattern) => {
    expect(all.map(({ name }) => name).filter((name) => pattern.test(name))).toEqual([])
  })

  it('are all that conditions say they read', () => {
    const names = new Set(all.map(({ name }) => name))
    expect([...judged].filter((name) => !names.has(name))).toEqual([])
  })
})
