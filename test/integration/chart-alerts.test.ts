import { describe, expect, it } from 'vitest'
import { gateGroup } from '../../alerts/source/index.ts'
import { ruleFile, type RuleFile } from '../../alerts/source/rule-file.ts'
import { trials } from '../support/alerts/promtool.ts'
import { first, neighbours, ruleTest, scraped } from '../support/alerts/world.ts'
import { renderChart, theOne } from '../support/chart.ts'

const links = { runbook: 'https://docs.example/gate', grafana: 'https://grafana.acme.example' }
const values = {
  release: { name: 'caracal', namespace: 'prod' },
  prometheusRule: { enabled: true, runbookBaseUrl: links.runbook, grafanaUrl: links.grafana },
}

describe('the alerts of the chart', () => {
  it('are the shipped ones, for the release that it watches and with the links that it is given', async () => {
    const own = { name: 'own', rules: [{ alert: 'Own', expr: 'vector(1)' }] }
    const chart = await renderChart({
      ...values,
      prometheusRule: { ...values.prometheusRule, extraGroups: [own] },
    })
    const shipped = ruleFile([gateGroup({ name: 'caracal', namespace: 'prod' })], { links })
    expect(theOne(chart, 'PrometheusRule')['spec']).toEqual({ groups: [...shipped.groups, own] })
  })

  it('X74: are left out, and get another wait, severity and label, as the values say', async () => {
    const prometheusRule = {
      enabled: true,
      disabled: { CaracalGateExporterWatchdog: true, CaracalGateUnknown: false },
      customRules: {
        CaracalRolloutHoldLong: { for: '2h', severity: 'critical' },
        CaracalStopStsUnready: { for: '3m' },
      },
      additionalRuleLabels: { team: 'platform', severity: 'never' },
      additionalRuleAnnotations: { chat: '#rollouts' },
    }
    const { groups } = theOne(await renderChart({ prometheusRule }), 'PrometheusRule')['spec'] as RuleFile
    const alerts = groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule))
    const named = (name: string) => alerts.filter(({ alert }) => alert === name)
    expect(named('CaracalGateExporterWatchdog')).toEqual([])
    expect(named('CaracalRolloutHoldLong')).toMatchObject([{ for: '2h', labels: { severity: 'critical' } }])
    expect(named('CaracalStopStsUnready').map((rule) => [rule.for, rule.labels['severity']])).toEqual([
      ['3m', 'critical'],
      ['3m', 'warning'],
    ])
    expect(named('CaracalGateUnknown')).toHaveLength(1)
    for (const { labels, annotations } of alerts)
      expect([labels['team'], annotations['chat'], labels['severity']]).toEqual([
        'platform',
        '#rollouts',
        expect.not.stringMatching('never'),
      ])
  })

  it('take no link that Prometheus would read as a template', async () => {
    const prometheusRule = { enabled: true, grafanaUrl: 'https://x/{{ query "up" }}' }
    await expect(renderChart({ prometheusRule })).rejects.toThrow(/grafanaUrl/)
  })

  it('tell for ever that their own release has no exporter, whatever others have (promtool)', async () => {
    const name = 'CaracalGateExporterAbsent'
    const { groups } = theOne(await renderChart(values), 'PrometheusRule')['spec'] as {
      groups: { rules: { alert?: string; record?: string }[] }[]
    }
    const rules = groups
      .flatMap((group) => group.rules)
      .filter(({ alert, record }) => alert === name || record?.includes('replicas') === true)
    const labels = {
      severity: 'critical',
      component: 'gate-exporter',
      release_namespace: 'prod',
      release_name: 'caracal',
    }
    const others = neighbours.slice(1).map((replica) => scraped(replica, '1x2000'))
    const stories = [
      {
        story: 'it goes, and others stay',
        series: [...others, scraped(first, '1x8 stale')],
        told: [
          { at: '5m', firing: [] },
          { at: '5m15s', firing: [labels] },
          { at: '7h', firing: [labels] },
        ],
      },
      {
        story: 'it is there',
        series: [scraped(first)],
        told: [{ at: '8m', firing: [] }],
      },
    ]
    const tests = stories.map((story) => ruleTest(name, story))
    const bare = rules.map((rule) => ('alert' in rule ? { ...rule, annotations: {} } : rule))
    const [outcome] = await trials([{ rules: { groups: [{ name: 'chart', rules: bare }] }, tests }])
    expect(outcome).toMatchObject({ passed: true })
  })
})
