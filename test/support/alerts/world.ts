import type { Expected, RuleTest } from './promtool.ts'

/** A replica of the exporter as Prometheus scrapes it, and the release that it judges. */
export interface Replica {
  readonly target: Readonly<Record<string, string>>
  readonly release: Readonly<Record<string, string>>
}

export type Series = RuleTest['input_series'][number]

/** What is expected at a moment: the labels of each alert of the name, severity first. */
export interface At {
  readonly at: string
  readonly firing: readonly Readonly<Record<string, string>>[]
}

/** A story that an alert is told, and when it comes and goes; one sample each 15 s. */
export interface Case {
  readonly story: string
  readonly series: readonly Series[]
  readonly told: readonly At[]
}

export const caracal = { release_namespace: 'prod', release_name: 'caracal' }

/** Two replicas that judge the same release. */
export const first: Replica = {
  target: { namespace: 'gate', job: 'caracal-gate', instance: '10.0.0.1:9465' },
  release: caracal,
}
export const second: Replica = {
  target: { ...first.target, instance: '10.0.0.2:9465' },
  release: caracal,
}

/** Replicas that judge other releases, each told from the first by one thing only. */
export const neighbours: readonly Replica[] = [
  { target: { ...first.target, cluster: 'west' }, release: caracal },
  {
    target: { ...first.target, instance: '10.0.0.3:9465' },
    release: { ...caracal, release_namespace: 'test' },
  },
  { target: { ...first.target, instance: '10.0.0.4:9465' }, release: { ...caracal, release_name: 'other' } },
]

export function series(
  name: string,
  { target }: Replica,
  labels: Readonly<Record<string, string>>,
  values: string,
): Series {
  return { series: `${name}{${written({ ...target, ...labels })}}`, values }
}

function written(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(', ')
}

/** That the replica is scraped, by default all the time. */
export function scraped(replica: Replica, values = '1x200'): Series {
  return series('caracal_gate_exporter_release_info', replica, replica.release, values)
}

/** Whether the release has a rollout. */
export function active(replica: Replica, values: string): Series {
  return series('caracal_rollout_active', replica, {}, values)
}

export function ruleTest(alertname: string, { story, series: input, told }: Case): RuleTest {
  return {
    name: story,
    interval: '15s',
    input_series: input,
    alert_rule_test: told.map(({ at, firing }) => ({
      eval_time: at,
      alertname,
      exp_alerts: firing.map((labels): Expected => ({ exp_labels: labels })),
    })),
  }
}
