import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gateGroup, platformGroup } from '../../../alerts/source/index.ts'
import {
  EXPLAINED,
  gateAlertNames,
  platformAlertNames,
  stopAlertName,
} from '../../../src/contract/alert-names.ts'
import { ruleFile, type AlertingRule, type Rule } from '../../../alerts/source/rule-file.ts'
import { causeIds } from '../../../src/core/cause.ts'
import { commands } from '../../../src/cli/commands.ts'
import { selfFamilies, verdictFamilies } from '../../../src/contract/families.ts'
import { known } from '../../../src/daemon/known.ts'
import { operations } from '../../../src/http/operations.ts'
import { platformMetrics } from '../http/platform-metrics.ts'
import { platformRules } from '../rules/platform-world.ts'

const root = resolve(import.meta.dirname, '../../..')
const links = { runbook: 'https://docs.example', grafana: 'https://grafana.example' }

function rulesIn(group: Parameters<typeof ruleFile>[0][number]): readonly Rule[] {
  return ruleFile([group], { links }).groups.flatMap(({ rules }) => rules)
}

function isAlert(rule: Rule): rule is AlertingRule {
  return 'alert' in rule
}

const gate = rulesIn(gateGroup())
const platform = rulesIn(platformGroup)
const alerts = [...gate, ...platform].filter(isAlert)
const gateNames = gateAlertNames(known.stopConditions)

function named(name: string): AlertingRule {
  const found = alerts.find(({ alert }) => alert === name)
  if (found === undefined) throw new Error(`there is no alert ${name}`)
  return found
}

/** Names of metrics in an expression, without what this file records itself. */
function asked(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(({ expr }) => {
    const withoutRecorded = expr.replaceAll(/release:[\w:]+/g, '')
    return withoutRecorded.match(/\b(caracal|kube|redis)_\w+|\bup\b/g) ?? []
  })
}

describe('the alerts', () => {
  it('page for every stop condition in a rollout, and warn outside of one', () => {
    for (const { id } of platformRules().stops) {
      const own = alerts.filter(
        ({ alert, expr }) => alert.startsWith('CaracalStop') && expr.includes(`"${id}"`),
      )
      expect(own.map(({ labels }) => labels['severity'])).toEqual(['critical', 'warning'])
    }
    expect(stopAlertName('sts-unready')).toBe('CaracalStopStsUnready')
  })

  it('are those that the contract names', () => {
    const namesIn = (rules: readonly Rule[]) => [...new Set(rules.filter(isAlert).map(({ alert }) => alert))]
    expect(namesIn(gate)).toEqual(gateNames)
    expect(namesIn(platform)).toEqual(platformAlertNames)
  })

  it('X15: on stops come after those that keep them back, for Prometheus sends them in this order', () => {
    const names = gate.filter(isAlert).map(({ alert }) => alert)
    const last = names.findLastIndex((name) => name === EXPLAINED || name.startsWith('CaracalCause'))
    expect(names.findIndex((name) => name.startsWith('CaracalStop'))).toBeGreaterThan(last)
  })

  it('have names of their own', () => {
    const shipped = ['CaracalAuditDLQGrowth', 'CaracalGatewaySTSCircuitOpen', 'CaracalAPIOutboxDeadMessages']
    const all = [...gateNames, ...platformAlertNames]
    expect(new Set(all).size).toBe(all.length)
    expect(all.filter((name) => shipped.includes(name))).toEqual([])
  })

  it('X17: end with what they tell, and bridge missing scrapes until the absence of the exporter is told', () => {
    const absent = Number.parseInt(named('CaracalGateExporterAbsent').for ?? '', 10)
    const pages = alerts.filter(({ alert }) => /^Caracal(Stop|RolloutStop)/.test(alert))
    expect(pages).toHaveLength(27)
    for (const { expr } of pages) {
      const ranges = [...expr.matchAll(/last_over_time\([^[]+\[(\d+)m\]\)/g)].map(([, span]) => Number(span))
      expect(ranges.length).toBeGreaterThanOrEqual(2)
      expect(Math.min(...ranges)).toBeGreaterThan(absent + 1)
      // Nothing of ours is read as it is now alone.
      expect(expr.match(/release:/g)).toHaveLength(ranges.length)
    }
    const kept = gate.filter((rule) => isAlert(rule) && rule.keep_firing_for !== undefined)
    expect(kept.map((rule) => isAlert(rule) && rule.alert)).toEqual(['CaracalGateExporterAbsent'])
  })

  it('ask only for what the exporter exposes, and on the second path only for what others do', () => {
    const exposed = [...Object.values(verdictFamilies), ...Object.values(selfFamilies)].map(
      ({ name }) => name,
    )
    expect(asked(gate).filter((name) => !exposed.includes(name))).toEqual([])
    const others = [
      'kube_job_failed',
      'kube_pod_status_ready',
      'redis_memory_used_bytes',
      'redis_memory_max_bytes',
      'up',
    ]
    const foreign = asked(platform).filter(
      (name) => !platformMetrics.includes(name) && !others.includes(name),
    )
    expect(foreign).toEqual([])
    expect(asked(platform).filter((name) => exposed.includes(name))).toEqual([])
  })

  it('T09, T16, T47, T49: take no gauge for a counter, and count no ordinary refusals', () => {
    const ranged = platform.flatMap(({ expr }) => [...expr.matchAll(/(\w+)\((caracal_\w+)\[/g)])
    expect(ranged.map(([, call, metric]) => `${call} ${metric}`)).toEqual([
      'increase caracal_audit_dlq_total',
      'last_over_time caracal_audit_dlq_total',
    ])
    expect(asked(platform)).not.toContain('caracal_gateway_sts_exchange_errors_total')
  })

  it('say nothing but numbers, labels that are closed, and names of subjects that only a name can be', () => {
    const closed = [
      'cluster',
      'release_name',
      'release_namespace',
      'gate',
      'probe',
      'namespace',
      'job',
      'job_name',
      'cause',
      'stop_condition',
      'ref',
    ]
    const used = alerts.flatMap(({ annotations, labels }) =>
      [...Object.values(annotations), ...Object.values(labels)].flatMap((text) =>
        [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
      ),
    )
    expect([...new Set(used)].toSorted()).toEqual(closed.toSorted())
    const read = alerts.flatMap(
      ({ annotations }) =>
        Object.values(annotations)
          .join(' ')
          .match(/\.Labels\.\w+/g) ?? [],
    )
    const looked = ['cause', 'culprit', 'gate', 'page_url', 'runbook_url', 'state', 'stop_condition', 'unit']
    expect([...new Set(read)].toSorted()).toEqual(looked.map((label) => `.Labels.${label}`))
    const culprits = gate.filter((rule) => !isAlert(rule) && rule.expr.includes('stop_condition_culprit'))
    expect(culprits.map(({ expr }) => /culprit=~"([^"]+)"/.exec(expr)?.[1])).toEqual(['[a-zA-Z0-9_.:/-]+'])
    expect(JSON.stringify([...gate, ...platform])).not.toContain(verdictFamilies.info.name)
  })

  it('say what, what to do first, and where to read on', () => {
    for (const { annotations, labels } of alerts) {
      const said = Object.keys(annotations).filter((name) => name !== 'runbook_url' && name !== 'page_url')
      expect(said).toEqual(['summary', 'description', 'next_step', 'dashboard_url'])
      for (const text of Object.values(annotations)) expect(text.trim()).not.toBe('')
      expect(Object.keys(labels)).toEqual(expect.arrayContaining(['severity', 'component']))
    }
  })

  it('X44: print no time but to the second, and for a person', () => {
    const texts = alerts.flatMap(({ annotations }) => Object.values(annotations)).join('\n')
    expect(texts).not.toContain('humanizeTimestamp')
    expect(texts).toContain('{{ (.Value | toTime).Format "2006-01-02 15:04:05 MST" }}')
    for (const [, expr = ''] of texts.matchAll(/printf "([^}]*time\(\)[^}]*)"/g))
      expect(expr).toMatch(/^floor/)
  })

  it('X16: name a first action that is there: commands, paths and sections', () => {
    const steps = alerts.map(({ annotations }) => annotations['next_step'] ?? '').join('\n')
    const started = [...steps.matchAll(/caracal-gate ([a-z-]+)/g)].map(([, name = '']) => name)
    expect(started.length).toBeGreaterThan(3)
    const known = Object.keys(commands).map((name) => name.split(' ')[0])
    expect(started.filter((name) => !known.includes(name))).toEqual([])
    const paths = [...steps.matchAll(/:9465(\/[^\s'"]*)/g)].map(([, path = '']) => path.replace('{{', '{'))
    expect(paths.length).toBeGreaterThan(0)
    const served = operations.map(({ path }) => path.replace(/\{.*/, ''))
    expect(paths.filter((path) => !served.includes(path.replace(/\{.*/, '')))).toEqual([])
  })

  it('have a section each in the documentation, and nothing else has', () => {
    const text = readFileSync(join(root, 'docs/use/alerts.md'), 'utf8')
    const sections = [...text.matchAll(/^### (.+)$([^]*?)(?=^##|$(?![^]))/gm)].map(
      ([, title = '', body = '']) => ({ title, body }),
    )
    // A reader looks for a stop first; the rules begin with what explains it.
    const titles = sections.map(({ title }) => title)
    expect(titles.toSorted()).toEqual([...gateNames, ...platformAlertNames].toSorted())
    for (const { body } of sections) expect(body).toMatch(/- (\*\*)?Test/)
  })

  it('X44: lead to the page of the runbook on what they tell, at the address given or that of the exporter', () => {
    const ids = [...known.stopConditions, ...causeIds, 'exporter-starved']
    for (const { alert, annotations, labels } of alerts) {
      // Its id is a label.
      if (alert === EXPLAINED) continue
      const url = annotations['runbook_url'] ?? ''
      const [, id = ''] =
        /^(?:\{\{ \$release := [^}]+\}\})?\{\{ \$runbook := "https:\/\/docs\.example" \}\}\{\{ with \$runbook \}\}\{\{ \. \}\}\/([a-z-]+)\{\{/.exec(
          url,
        ) ?? []
      if (/^Caracal(Stop|Platform)/.test(alert) && alert !== 'CaracalPlatformMetricsMissing') {
        const stop = labels['stop_condition'] ?? id
        expect([id, stopAlertName(stop)]).toEqual([stop, alert.replace('CaracalPlatform', 'CaracalStop')])
      }
      if (url !== '') expect(ids).toContain(id)
      if (url !== '' && !alert.startsWith('CaracalPlatform'))
        expect(url).toContain(`.Labels.runbook_url }}{{ . }}/${id}{{`)
    }
    const unlinked = ruleFile([gateGroup(), platformGroup], { links: { runbook: '', grafana: '' } })
    expect(JSON.stringify(unlinked).match(/https?:\/\/[^/ ]+/g)).toEqual(['http://127.0.0.1:9465'])
  })

  it('lead to the dashboard that is shipped, and its variables', () => {
    const dashboard = JSON.parse(readFileSync(join(root, 'dashboards/caracal-rollout.json'), 'utf8')) as {
      uid: string
      templating: { list: { name: string }[] }
    }
    const variables = dashboard.templating.list.map(({ name }) => name)
    for (const { annotations } of alerts) {
      const url = annotations['dashboard_url'] ?? ''
      expect(
        url.startsWith(
          `{{ $grafana := "https://grafana.example" }}{{ with $grafana }}{{ . }}/d/${dashboard.uid}?`,
        ),
      ).toBe(true)
      const set = [...url.matchAll(/var-(\w+)=/g)].map(([, name = '']) => name)
      expect(set.filter((name) => !variables.includes(name))).toEqual([])
      expect(set).toContain('release_name')
    }
  })

  it('can be hurried for a test, and never lose a wait', () => {
    const hurried = ruleFile([gateGroup()], { links, hurry: 20 }).groups.flatMap(({ rules }) => rules)
    const one = (name: string) => hurried.filter(isAlert).find(({ alert }) => alert === name)
    expect(one('CaracalRolloutHoldLong')).toMatchObject({ for: '45s' })
    expect(one('CaracalGateExporterAbsent')).toMatchObject({ for: '9s', keep_firing_for: '15s' })
  })
})
