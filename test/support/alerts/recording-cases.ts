import type { RuleTest } from './promtool.ts'
import { explainedStory } from './explained-story.ts'
import { scraped, series, type Replica, type Series } from './world.ts'

const target = { cluster: 'east', namespace: 'ops', job: 'gate', instance: '1' }
const release = { release_namespace: 'prod', release_name: 'a' }

/** Replicas with a number each. All but the last are told from the first by one label of their target only. */
const fleet: readonly (Replica & { readonly n: number })[] = [
  { n: 1, target, release },
  { n: 2, target: { ...target, cluster: 'west' }, release },
  { n: 3, target: { ...target, namespace: 'dev' }, release: { ...release, release_name: 'b' } },
  { n: 4, target: { ...target, job: 'gate2' }, release: { ...release, release_namespace: 'test' } },
  { n: 5, target: { ...target, instance: '2' }, release: { ...release, release_name: 'c' } },
  // The second replica of the first one's release.
  { n: 6, target: { ...target, instance: '3' }, release },
]

const east = 'cluster="east"'
const b = `${east}, release_name="b", release_namespace="prod"`
const c = `${east}, release_name="c", release_namespace="prod"`
const test = `${east}, release_name="a", release_namespace="test"`
const twice = `${east}, release_name="a", release_namespace="prod"`
const west = 'cluster="west", release_name="a", release_namespace="prod"'

/** One value for each release; `pair` is what the two replicas of one come to. */
function releases(record: string, pair: number, more = ''): NonNullable<RuleTest['promql_expr_test']> {
  const values = [
    [west, 2],
    [b, 3],
    [test, 4],
    [c, 5],
    [twice, pair],
  ] as const
  return [
    {
      expr: record,
      eval_time: '4m',
      exp_samples: values.map(([labels, value]) => ({ labels: `${record}{${labels}${more}}`, value })),
    },
  ]
}

function told(
  record: string,
  expected: RuleTest['promql_expr_test'],
  input: (replica: (typeof fleet)[number]) => readonly Series[],
): readonly [string, RuleTest] {
  return [
    record,
    {
      name: `${record} of six replicas and five releases`,
      interval: '15s',
      input_series: fleet.flatMap((replica) => [scraped(replica, '1x16'), ...input(replica)]),
      promql_expr_test: expected ?? [],
    },
  ]
}

/** A gauge whose value is the number of the replica. */
function gauge(
  metric: string,
  operation: 'max' | 'min',
  labels: Readonly<Record<string, string>> = {},
): readonly [string, RuleTest] {
  const record = `release:${metric}:${operation}`
  const more = Object.entries(labels).map(([label, value]) => `, ${label}="${value}"`)
  const expected = releases(record, operation === 'max' ? 6 : 1, more.join(''))
  return told(record, expected, (replica) => [series(metric, replica, labels, `${replica.n}x16`)])
}

const stop = { stop_condition: 'x' }
const ofGate = ['gate', 'gates'] as const
const ofStop = ['stop_condition', 'stop-conditions'] as const

/** What each recorded series comes to, by its name. */
export const recordingCases: ReadonlyMap<string, RuleTest> = new Map([
  gauge('caracal_rollout_verdict', 'max', { state: 'hold' }),
  gauge('caracal_rollout_active', 'max'),
  gauge('caracal_rollout_started_timestamp_seconds', 'min'),
  counting('release:caracal_rollout_gate_state:max', 'caracal_rollout_gate_state', ofGate, 'pass', true),
  counting(
    'release:caracal_rollout_stop_condition_latched:max',
    'caracal_rollout_stop_condition_latched',
    ofStop,
  ),
  gauge('caracal_rollout_stop_condition_firing_since_timestamp_seconds', 'min', stop),
  gauge('caracal_rollout_stop_condition_latched_timestamp_seconds', 'min', stop),
  culprits('release:caracal_rollout_stop_condition_culprit:min'),
  gauge('caracal_rollout_cause_active', 'max', { cause: 'x' }),
  gauge('caracal_rollout_cause_since_timestamp_seconds', 'min', { cause: 'x' }),
  lasting('release:caracal_rollout_cause_active_2m:max'),
  gauge('caracal_rollout_not_enforced_until_timestamp_seconds', 'max', { ref: 'gates/x', mode: 'shadow' }),
  gauge('caracal_rollout_shadow_expired_timestamp_seconds', 'max', { ref: 'gates/x' }),
  gauge('caracal_rollout_stop_condition_explained', 'max', { ...stop, cause: 'y' }),
  ['release:caracal_rollout_stop_condition_explained_in_force:max', explainedStory],
  gauge('caracal_gate_exporter_links_info', 'max', { page_url: 'https://g/x', runbook_url: 'https://g/r' }),
  gauge('caracal_rollout_stop_condition_observed', 'max', { ...stop, unit: 'ratio' }),
  gauge('caracal_rollout_stop_condition_threshold', 'max', { ...stop, unit: 'ratio' }),
  gauge('caracal_gate_exporter_probe_up', 'min', { probe: 'redis-streams' }),
  gauge('caracal_gate_exporter_starved', 'max'),
  gauge('caracal_gate_exporter_state_store_up', 'min'),
  gauge('caracal_gate_exporter_config_last_reload_successful', 'min'),
  gauge('caracal_gate_exporter_starved', 'max'),
  counting(
    'release:caracal_rollout_stop_condition_firing:max',
    'caracal_rollout_stop_condition_state',
    ofStop,
    'firing',
  ),
  overdue('release:caracal_gate_exporter_verdict_overdue_seconds:max'),
  evaluations('release:caracal_gate_exporter_evaluations_2m:min'),
  replicas('release:caracal_gate_exporter_replicas:count'),
])

/** A name that holds more than letters, digits and the punctuation of names is left out. */
function culprits(record: string): readonly [string, RuleTest] {
  const name = 'sts/caracal-sts-1_a.b:c'
  const expected = releases(record, 1, `, stop_condition="x", culprit="${name}"`)
  return told(record, expected, (replica) =>
    [name, '<!channel>', '@here', 'two words'].map((culprit) =>
      series('caracal_rollout_stop_condition_culprit', replica, { ...stop, culprit }, `${replica.n}x16`),
    ),
  )
}

/** Of what does not count, 0: of `x` on the first replica alone, of `y` on all of them. */
function counting(
  record: string,
  metric: string,
  [label, path]: readonly [label: string, path: string],
  state?: string,
  hasState = false,
): readonly [string, RuleTest] {
  const kept = hasState ? `, state="${state}"` : ''
  const [x] = releases(record, 6, `, ${label}="x"${kept}`)
  const [y] = releases(record, 6, `, ${label}="y"${kept}`)
  const zeros = (y?.exp_samples ?? []).map((sample) => ({ ...sample, value: 0 }))
  const expected = [{ expr: record, eval_time: '4m', exp_samples: [...(x?.exp_samples ?? []), ...zeros] }]
  return told(record, expected, (replica) =>
    ['x', 'y'].flatMap((id) => {
      const isWaived = id === 'y' || replica.n === 1
      const own = { [label]: id }
      const waived = { ref: `${path}/${id}`, mode: 'shadow' }
      return [
        series(metric, replica, state === undefined ? own : { ...own, state }, `${replica.n}x16`),
        ...(state === undefined || id === 'y' || hasState
          ? []
          : [series(metric, replica, { ...own, state: 'pending' }, '9x16')]),
        ...(isWaived
          ? [series('caracal_rollout_not_enforced_until_timestamp_seconds', replica, waived, '9000x16')]
          : []),
      ]
    }),
  )
}

/**
 * After four minutes, the least of two minutes is the number. A replica that was first scraped less than two minutes ago
 * says only that it is not so.
 */
function lasting(record: string): readonly [string, RuleTest] {
  const expected = releases(record, 6, ', cause="x"')
  const zeros = releases(record, 6, ', cause="x"').map(({ exp_samples: samples, ...test }) => ({
    ...test,
    eval_time: '1m45s',
    exp_samples: samples.map((sample) => ({ ...sample, value: 0 })),
  }))
  const notYet = { expr: record, eval_time: '3m30s', exp_samples: [] }
  return told(record, [...zeros, notYet, ...expected], (replica) => [
    series('caracal_rollout_cause_active', replica, { cause: 'x' }, `_x7 0 ${replica.n} 9x7`),
  ])
}

/** After four minutes, the verdict of each expired as many seconds ago as its number says. */
function overdue(record: string): readonly [string, RuleTest] {
  return told(record, releases(record, 6), (replica) => [
    series('caracal_rollout_verdict_expires_timestamp_seconds', replica, {}, `${240 - replica.n}x16`),
  ])
}

/** Four evaluations early on, and as many as its number says within the last two minutes. */
function evaluations(record: string): readonly [string, RuleTest] {
  return told(record, releases(record, 1), (replica) => [
    series(
      'caracal_gate_exporter_last_evaluation_timestamp_seconds',
      replica,
      {},
      `0+1x4 4x${11 - replica.n} 5+1x${replica.n - 1}`,
    ),
  ])
}

function replicas(record: string): readonly [string, RuleTest] {
  const ones = [west, b, test, c].map((labels) => ({ labels: `${record}{${labels}}`, value: 1 }))
  const expected = [...ones, { labels: `${record}{${twice}}`, value: 2 }]
  return told(record, [{ expr: record, eval_time: '4m', exp_samples: expected }], () => [])
}
