import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { promtool, trials, type RuleTest } from '../support/alerts/promtool.ts'
import { active, first, scraped, series } from '../support/alerts/world.ts'

// The files as they are shipped, read by the programs that will read them; amtool comes with alertmanager.
const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const files = ['alerts/caracal-gate.rules.yaml', 'alerts/platform.rules.yaml', 'helm/files/alerts.yaml']
const fragment = join(root, 'alerts/alertmanager.yaml')

async function content(file: string): Promise<{ groups: { rules: object[] }[] }> {
  return parse(await readFile(join(root, file), 'utf8')) as { groups: { rules: object[] }[] }
}

describe('the shipped files', () => {
  it.each(files)('%s is one that Prometheus takes', async (file) => {
    const { code, output } = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', file], root)
    expect(output).toContain('SUCCESS')
    expect(code).toBe(0)
  })

  it('hold the same rules for Prometheus and for its Operator', async () => {
    const plain = await content('alerts/caracal-gate.rules.yaml')
    const wrapped = parse(await readFile(join(root, 'alerts/caracal-gate.prometheusrule.yaml'), 'utf8')) as {
      kind: string
      spec: object
    }
    expect(wrapped.kind).toBe('PrometheusRule')
    expect(wrapped.spec).toEqual(plain)
  })
})

describe('the fragment for Alertmanager', () => {
  it('is one that it takes', async () => {
    const { stdout } = await run('amtool', ['check-config', fragment])
    expect(stdout).toContain('SUCCESS')
  })

  it.each([
    ['caracal-dead-man', ['alertname=CaracalGateExporterWatchdog', 'severity=none']],
    ['caracal-page', ['alertname=CaracalStopStsUnready', 'severity=critical']],
    ['caracal-team', ['alertname=CaracalStopStsUnready', 'severity=warning']],
    ['caracal-page', ['alertname=CaracalRolloutStop', 'severity=critical']],
    ['caracal-team', ['alertname=CaracalRolloutHoldLong', 'severity=warning']],
    ['caracal-team', ['alertname=CaracalRolloutForgotten', 'severity=info']],
    ['caracal-team', ['alertname=CaracalGateUnknown', 'severity=warning']],
    ['caracal-team', ['alertname=CaracalGateFlapping', 'severity=warning']],
    ['caracal-page', ['alertname=CaracalGateExporterAbsent', 'severity=critical']],
    ['caracal-page', ['alertname=CaracalGateExporterStalled', 'severity=critical']],
    ['caracal-team', ['alertname=CaracalGateExporterBlind', 'severity=warning']],
    ['caracal-page', ['alertname=CaracalPlatformOutboxDeadMessages', 'severity=critical']],
    ['caracal-team', ['alertname=CaracalPlatformMetricsMissing', 'severity=warning']],
    // The platform's own rules, whose names begin alike, go where they went before.
    ['default', ['alertname=CaracalGatewaySTSCircuitOpen', 'severity=critical']],
    ['default', ['alertname=CaracalSTSPolicyBundleStale', 'severity=warning']],
    ['default', ['alertname=Watchdog', 'severity=none']],
  ])('sends to %s what is %s', async (receiver, labels) => {
    const { stdout } = await run('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${fragment}`,
      ...labels,
    ])
    expect(stdout.trim()).toBe(receiver)
  })
})

describe('what alerts say (promtool)', () => {
  const caracal = { release_namespace: 'prod', release_name: 'caracal' }
  const dashboard =
    'https://grafana.example/d/caracal-rollout?from=now-1h&to=now&var-release_namespace=prod&var-release_name=caracal'
  const hostile = '{{ query "up" | first }}<img src=x>\u202e'

  function told(
    name: string,
    input: RuleTest['input_series'],
    labels: object,
    annotations: object,
  ): RuleTest {
    return {
      name,
      interval: '15s',
      // Text that somebody chose stands in every scrape, and in no alert.
      input_series: [
        scraped(first),
        series('caracal_rollout_info', first, { rollout_id: hostile, chart: hostile }, '1x100'),
        ...input,
      ],
      alert_rule_test: [
        {
          eval_time: '10m',
          alertname: name,
          exp_alerts: [{ exp_labels: { ...caracal, ...labels }, exp_annotations: { ...annotations } }],
        },
      ],
    }
  }

  const stop = { stop_condition: 'postgres-pool-saturation' }
  const ratio = { ...stop, unit: 'ratio' }

  it('is what happened, since when and how bad, and what to do', async () => {
    const tests = [
      told(
        'CaracalStopPostgresPoolSaturation',
        [
          active(first, '1x100'),
          series('caracal_rollout_stop_condition_state', first, { ...stop, state: 'firing' }, '1x100'),
          series('caracal_rollout_stop_condition_firing_since_timestamp_seconds', first, stop, '90x100'),
          series('caracal_rollout_stop_condition_observed', first, ratio, '0.95x100'),
          series('caracal_rollout_stop_condition_threshold', first, ratio, '0.9x100'),
        ],
        { severity: 'critical', component: 'postgres', ...stop },
        {
          summary: 'Stop the rollout of caracal in prod: Postgres connections are used up.',
          description:
            'Postgres connections are used up. Firing since 1970-01-01 00:01:30 +0000 UTC. Observed: 95%. Limit: 90%. The verdict stays stop until the cause is gone and an operator has acknowledged it.',
          next_step:
            "psql -c 'SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'",
          runbook_url: 'https://gates.caracal.run/docs/alerts.md#caracalstoppostgrespoolsaturation',
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalStopStsUnready',
        [
          active(first, '0x100'),
          series(
            'caracal_rollout_stop_condition_state',
            first,
            { stop_condition: 'sts-unready', state: 'firing' },
            '1x100',
          ),
        ],
        { severity: 'warning', component: 'sts', stop_condition: 'sts-unready' },
        {
          summary: 'STS cannot prove readiness: caracal in prod. No rollout is under way.',
          description: 'STS cannot prove readiness. A rollout must not begin before it is gone.',
          next_step: 'kubectl -n prod logs <replica> --since=5m',
          runbook_url: 'https://gates.caracal.run/docs/alerts.md#caracalstopstsunready',
          dashboard_url: dashboard,
        },
      ),
      told(
        'CaracalGateExporterBlind',
        [series('caracal_gate_exporter_probe_up', first, { probe: 'redis-streams' }, '0x100')],
        { severity: 'warning', component: 'gate-exporter', probe: 'redis-streams' },
        {
          summary: 'The exporter of caracal in prod does not see all targets of redis-streams.',
          description: 'What it does not see is unknown, and unknown never passes a gate.',
          next_step: 'curl -s http://<exporter>:9465/debug/probes/redis-streams',
          runbook_url: 'https://gates.caracal.run/docs/alerts.md#caracalgateexporterblind',
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
          summary: 'The rollout of caracal in prod was not finished.',
          description: 'It began 7h 6m 40s ago. While it is open, every stop pages and latches stay.',
          next_step: 'caracal-gate status, then caracal-gate finish',
          runbook_url: 'https://gates.caracal.run/docs/alerts.md#caracalrolloutforgotten',
          dashboard_url: dashboard,
        },
      ),
    ]
    const [outcome] = await trials([{ rules: await content('alerts/caracal-gate.rules.yaml'), tests }])
    expect(outcome?.output).toContain('SUCCESS')
  })

  it('holds on the second path too, where the namespace is that of the targets', async () => {
    const labels = { namespace: 'prod', job: 'caracal-caracal-api', instance: '10.1.0.1:3000' }
    const tests: RuleTest[] = [
      {
        name: 'dead messages',
        interval: '15s',
        input_series: [
          {
            series: `caracal_api_outbox_dead_total${JSON.stringify(labels).replaceAll(/"(\w+)":/g, '$1=')}`,
            values: '3x100',
          },
        ],
        alert_rule_test: [
          {
            eval_time: '5m',
            alertname: 'CaracalPlatformOutboxDeadMessages',
            exp_alerts: [
              {
                exp_labels: {
                  severity: 'critical',
                  component: 'api',
                  stop_condition: 'outbox-dead-messages',
                  namespace: 'prod',
                  release_namespace: 'prod',
                },
                exp_annotations: {
                  summary: 'There are dead outbox messages in prod.',
                  description: '3 messages will not be delivered.',
                  next_step:
                    'psql -c "SELECT id, stream_name, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = \'infinity\' LIMIT 5"',
                  runbook_url: 'https://gates.caracal.run/docs/alerts.md#caracalplatformoutboxdeadmessages',
                  dashboard_url: 'https://grafana.example/d/caracal-rollout?from=now-1h&to=now',
                },
              },
            ],
          },
        ],
      },
    ]
    const [outcome] = await trials([{ rules: await content('alerts/platform.rules.yaml'), tests }])
    expect(outcome?.output).toContain('SUCCESS')
  })
})
