import type { RuleTest } from './promtool.ts'
import type { Series } from './world.ts'

/** What `release:caracal_rollout_stop_condition_explained_in_force:max` comes to, from the series that it reads. */

interface Release {
  readonly cluster: string
  readonly release_namespace: string
  readonly release_name: string
}

const ours: Release = { cluster: 'east', release_namespace: 'prod', release_name: 'a' }
/** Its exporter goes after ten minutes. */
const dark: Release = { ...ours, cluster: 'north' }

/** Each is told from another by one label. */
function neighboursOf(release: Release): readonly Release[] {
  return [
    { ...release, cluster: 'west' },
    { ...release, release_namespace: 'test' },
    { ...release, release_name: 'b' },
  ]
}

type Labels = Readonly<Record<string, string>>

function written(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')
}

function recorded(name: string, labels: Labels, values: string): Series {
  return { series: `release:caracal_rollout_${name}:max{${written(labels)}}`, values }
}

const always = '1x100'
const never = '0x100'
/** Until ten minutes have passed. */
const once = '1x40 stale'

function active(release: Release, values: string): Series {
  return recorded('active', { ...release }, values)
}
function cause(release: Release, id: string, values: string): Series {
  return recorded('cause_active', { ...release, cause: id }, values)
}
function inForce(release: Release, stop: string, firing: string, latched = never): readonly Series[] {
  const labels = { ...release, stop_condition: stop }
  return [
    recorded('stop_condition_firing', labels, firing),
    recorded('stop_condition_latched', labels, latched),
  ]
}
function explained(release: Release, stop: string, by: string, values = always): Series {
  return recorded('stop_condition_explained', { ...release, stop_condition: stop, cause: by }, values)
}

const input: readonly Series[] = [
  active(ours, always),
  cause(ours, 'there', always),
  cause(ours, 'not-there', never),
  cause(ours, 'said-once', once),
  ...inForce(ours, 'fires', always),
  ...inForce(ours, 'latched', never, always),
  ...inForce(ours, 'clear', never),
  ...inForce(ours, 'fires-for-a-while', once, once.replace('1', '0')),
  ...inForce(ours, 'latched-for-a-while', never, once),
  ...[
    'by-nothing',
    'by-clear',
    'by-fires',
    'by-latched',
    'by-firing',
    'by-latch',
    'by-once',
    'at-once',
  ].flatMap((stop) => inForce(ours, stop, always)),
  explained(ours, 'fires', 'there'),
  explained(ours, 'latched', 'there'),
  explained(ours, 'clear', 'there'),
  explained(ours, 'fires-for-a-while', 'there'),
  explained(ours, 'latched-for-a-while', 'there'),
  explained(ours, 'by-nothing', 'not-there'),
  explained(ours, 'by-clear', 'clear'),
  explained(ours, 'by-fires', 'fires'),
  explained(ours, 'by-latched', 'latched'),
  explained(ours, 'by-firing', 'fires-for-a-while'),
  explained(ours, 'by-latch', 'latched-for-a-while'),
  explained(ours, 'by-once', 'said-once'),
  explained(ours, 'at-once', 'there', once),
  // What is not so here is so there.
  ...neighboursOf(ours).flatMap((other) => [
    ...inForce(other, 'clear', always),
    cause(other, 'not-there', always),
  ]),
  active(dark, once),
  ...neighboursOf(dark).map((other) => active(other, always)),
  cause(dark, 'there', always),
  ...inForce(dark, 'fires', always),
  explained(dark, 'fires', 'there', once),
]

const lasting = [
  [ours, 'fires', 'there'],
  [ours, 'latched', 'there'],
  [ours, 'by-fires', 'fires'],
  [ours, 'by-latched', 'latched'],
] as const
const bridged = [
  [dark, 'fires', 'there'],
  [ours, 'fires-for-a-while', 'there'],
  [ours, 'latched-for-a-while', 'there'],
  [ours, 'by-firing', 'fires-for-a-while'],
  [ours, 'by-latch', 'latched-for-a-while'],
  [ours, 'by-once', 'said-once'],
] as const
const endsAtOnce = [[ours, 'at-once', 'there']] as const

type Row = readonly [Release, string, string]

function expected(at: string, rows: readonly Row[]) {
  const record = 'release:caracal_rollout_stop_condition_explained_in_force:max'
  const labelsOf = ([release, stop, by]: Row) => ({ ...release, stop_condition: stop, cause: by })
  const samples = rows.map((row) => ({ labels: `${record}{${written(labelsOf(row))}}`, value: 1 }))
  return { expr: record, eval_time: at, exp_samples: samples }
}

export const explainedStory: RuleTest = {
  name: 'what explains a stop has an alert of its own, and counts for as long as it is said',
  interval: '15s',
  input_series: input,
  promql_expr_test: [
    expected('8m', [...lasting, ...bridged, ...endsAtOnce]),
    expected('10m15s', [...lasting, ...bridged]),
    expected('14m45s', [...lasting, ...bridged]),
    expected('15m15s', lasting),
  ],
}
