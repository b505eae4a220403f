import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { promtool, trials, type RuleTest } from '../support/alerts/promtool.ts'

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

describe('what the alerts of the second path say (promtool)', () => {
  it('is what they count, where the namespace is that of the targets', async () => {
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
                  runbook_url: '',
                  dashboard_url: '',
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
