import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { gateGroup } from '../../alerts/source/index.ts'
import { trials, type RuleTest } from '../support/alerts/promtool.ts'
import { active, first, scraped, series } from '../support/alerts/world.ts'

const root = resolve(import.meta.dirname, '../..')

describe('what alerts say (promtool)', () => {
  const caracal = { release_namespace: 'prod', release_name: 'caracal' }
  const grafana = 'https://grafana.example'
  const dashboard = `${grafana}/d/caracal-rollout?from=now-1h&to=now&var-release_namespace=prod&var-release_name=caracal`
  const hostile = '{{ query "up" | first }}<img src=x>\u202e'
  const gate = 'https://gate.example/ops'

  /** Which command it is, is the rules' affair; here it is filled in. */
  function nextStepOf(name: string): string {
    const { nextStep = '' } = gateGroup().alerts.find((alert) => alert.name === name) ?? {}
    return nextStep
      .replaceAll('{{ $labels.release_namespace }}', 'prod')
      .replaceAll('{{ $labels.release_name }}', 'caracal')
  }

  function told(
    name: string,
    input: RuleTest['input_series'],
    labels: object,
    annotations: object,
  ): RuleTest {
    return {
      name,
      interval: '15s',
      // Text that a client or a target chose is in every scrape, and in no alert.
      input_series: [
        scraped(first),
        series('caracal_rollout_info', first, { rollout_id: hostile, chart: hostile }, '1x100'),
        series(
          'caracal_gate_exporter_links_info',
          first,
          { page_url: gate, runbook_url: `${gate}/runbook` },
          '1x100',
        ),
        ...input,
      ],
      alert_rule_test: [
        {
          eval_time: '20m',
          alertname: name,
          exp_alerts: [{ exp_labels: { ...caracal, ...labels }, exp_annotations: { ...annotations } }],
        },
      ],
    }
  }

  const saturation = { stop_condition: 'postgres-pool-saturation' }
  const ratio = { ...saturation, unit: 'ratio' }
  const unready = { stop_condition: 'sts-unready' }
  const state = (stop: { readonly stop_condition: string }, values: string) =>
    series('caracal_rollout_stop_condition_state', first, { ...stop, state: 'firing' }, values)
  const since = (stop: { readonly stop_condition: string }, at: number) =>
    series('caracal_rollout_stop_condition_firing_since_timestamp_seconds', first, stop, `${at}x100`)
  const blames = (stop: { readonly stop_condition: string }, culprit: string, rank: number) =>
    series('caracal_rollout_stop_condition_culprit', first, { ...stop, culprit }, `${rank}x100`)

  const cause = (id: string, at: number, explains: { readonly stop_condition: string }) => [
    series('caracal_rollout_cause_active', first, { cause: id }, '1x100'),
    series('caracal_rollout_cause_since_timestamp_seconds', first, { cause: id }, `${at}x100`),
    series('caracal_rollout_stop_condition_explained', first, { ...explains, cause: id }, '1x100'),
  ]

  it('X44: is what happened to which replica and for how long, how bad, what to do and where to read', async () => {
    const tests = [
      told(
        'CaracalStopPostgresPoolSaturation',
        [
          active(first, '1x100'),
          state(saturation, '1x100'),
          since(saturation, 90.123456789),
          blames(saturation, 'sts', 2),
          blames(saturation, 'api', 1),
          blames(saturation, hostile, 3),
          series('caracal_rollout_stop_condition_observed', first, ratio, '0.95x100'),
          series('caracal_rollout_stop_condition_threshold', first, ratio, '0.9x100'),
        ],
        { severity: 'critical', component: 'postgres', ...saturation },
        {
          summary:
            'Postgres connections are used up: api, sts of caracal in prod, for 18m 29s. Stop the rollout.',
          description:
            'Firing since 1970-01-01 00:01:30 UTC. Measured: 95% (limit 90%). The verdict stays stop until the cause is gone and an operator acknowledges it: caracal-gate ack postgres-pool-saturation --url https://gate.example/ops --token-file gate-token --reason "why it is safe to go on"',
          next_step: nextStepOf('CaracalStopPostgresPoolSaturation'),
          runbook_url: `${gate}/runbook/postgres-pool-saturation`,
          page_url: `${gate}/#stop-postgres-pool-saturation`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalStopStsUnready',
        [
          active(first, '1x100'),
          state(unready, '0x100'),
          series('caracal_rollout_stop_condition_latched', first, unready, '1x100'),
          series('caracal_rollout_stop_condition_latched_timestamp_seconds', first, unready, '42.5x100'),
          blames(unready, 'sts/sts-1', 1),
        ],
        { severity: 'critical', component: 'sts', ...unready },
        {
          summary:
            'STS cannot prove readiness: sts/sts-1 of caracal in prod, over but not acknowledged. Stop the rollout.',
          description:
            'Fired at 1970-01-01 00:00:42 UTC. The verdict stays stop until the cause is gone and an operator acknowledges it: caracal-gate ack sts-unready --url https://gate.example/ops --token-file gate-token --reason "why it is safe to go on"',
          next_step: nextStepOf('CaracalStopStsUnready'),
          runbook_url: `${gate}/runbook/sts-unready`,
          page_url: `${gate}/#stop-sts-unready`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalCauseReplicaLost',
        [
          active(first, '1x100'),
          state(unready, '1x100'),
          blames(unready, 'sts/sts-1', 1),
          ...cause('replica-lost', 30.7, unready),
        ],
        { severity: 'critical', component: 'rollout', cause: 'replica-lost' },
        {
          summary:
            'A replica does not answer: sts/sts-1 of caracal in prod, for 19m 29s. Do not continue the rollout.',
          description:
            'Since 1970-01-01 00:00:30 UTC. It explains sts-unready. Fix this first: what it explains ends with it.',
          next_step: nextStepOf('CaracalCauseReplicaLost'),
          runbook_url: `${gate}/runbook/replica-lost`,
          page_url: `${gate}/`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalRolloutStop',
        [
          active(first, '1x100'),
          series('caracal_rollout_verdict', first, { state: 'stop' }, '1x100'),
          ...[unready, saturation].map((stop) => state(stop, '1x100')),
          ...cause('redis-unavailable', 30, unready),
        ],
        { severity: 'critical', component: 'rollout', state: 'stop' },
        {
          summary: 'Stop the rollout of caracal in prod.',
          description:
            'Cause: redis-unavailable. In force: postgres-pool-saturation, sts-unready. Do not continue. Roll back only if the page says that a rollback is viable.',
          next_step: `caracal-gate status --url ${gate}`,
          page_url: `${gate}/`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalGateExporterBlind',
        [
          series('caracal_gate_exporter_probe_up', first, { probe: 'redis-streams' }, '0x100'),
          series('caracal_rollout_verdict', first, { state: 'hold' }, '1x100'),
        ],
        { severity: 'warning', component: 'gate-exporter', probe: 'redis-streams' },
        {
          summary: 'The exporter of caracal in prod has not read all targets of redis-streams for 5 minutes.',
          description: 'What it cannot read is unknown, and unknown never passes a gate.',
          next_step: 'curl -sS http://127.0.0.1:9465/debug/probes/redis-streams',
          page_url: `${gate}/`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalRolloutHoldLong',
        [
          active(first, '1x100'),
          series('caracal_rollout_verdict', first, { state: 'hold' }, '1x100'),
          ...['readiness', 'migration', 'waived'].flatMap((one) => [
            series('caracal_rollout_gate_state', first, { gate: one, state: 'pass' }, '0x100'),
            series('caracal_rollout_gate_state', first, { gate: one, state: 'fail' }, '1x100'),
          ]),
          series(
            'caracal_rollout_not_enforced_until_timestamp_seconds',
            first,
            { ref: 'gates/waived', mode: 'shadow' },
            '9000000x100',
          ),
          series('caracal_rollout_gate_state', first, { gate: 'redis', state: 'pass' }, '1x100'),
          series('caracal_rollout_gate_state', first, { gate: 'off', state: 'pass' }, '0x100'),
          series('caracal_rollout_gate_state', first, { gate: 'off', state: 'skipped' }, '1x100'),
        ],
        { severity: 'warning', component: 'rollout', state: 'hold' },
        {
          summary: 'The rollout of caracal in prod has been on hold for 15 minutes.',
          description:
            'Gates that do not pass: migration, readiness. No stop condition forbids the rollout, and nothing proves that it may continue.',
          next_step: `caracal-gate status --url ${gate}`,
          page_url: `${gate}/`,
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalRolloutForgotten',
        [
          active(first, '1x100'),
          series('caracal_rollout_started_timestamp_seconds', first, {}, '-25000x100'),
        ],
        { severity: 'info', component: 'rollout' },
        {
          summary: 'The rollout of caracal in prod began 7h 16m 40s ago and is not finished.',
          description: 'While a rollout is open, every stop condition pages, and every latch stays.',
          next_step: `caracal-gate status --url ${gate}; then caracal-gate finish --url ${gate}`,
          page_url: `${gate}/`,
          dashboard_url: dashboard,
        },
      ),
    ]
    expect(
      await saidBy('alerts/caracal-gate.rules.yaml', tests, '$grafana := ""', `$grafana := "${grafana}"`),
    ).toEqual('')
  })

  it('X44: has no link where no address is known', async () => {
    const test = told(
      'CaracalStopStsUnready',
      [active(first, '0x100'), state(unready, '1x100')],
      { severity: 'warning', component: 'sts', ...unready },
      {
        summary: 'STS cannot prove readiness: caracal in prod. No rollout is under way.',
        description: 'Fix it before the next rollout begins.',
        next_step: nextStepOf('CaracalStopStsUnready'),
        runbook_url: '',
        page_url: '',
        dashboard_url: '',
      },
    )
    const input = test.input_series.filter((one) => !one.series.startsWith('caracal_gate_exporter_links'))
    expect(await saidBy('alerts/caracal-gate.rules.yaml', [{ ...test, input_series: input }])).toBe('')
  })

  /** What promtool has against the tests of a shipped file, in which one text takes the place of another. */
  async function saidBy(file: string, tests: readonly RuleTest[], text = '', by = ''): Promise<string> {
    const rules = (await readFile(join(root, file), 'utf8')).replaceAll(text, by)
    const [outcome] = await trials([{ rules: parse(rules) as object, tests }])
    return outcome?.passed === true ? '' : (outcome?.output ?? 'nothing')
  }
})
