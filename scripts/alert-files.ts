// Alert rules and the fragment for Alertmanager, made from alerts/source; `npm run generate` writes them.
import { stringify } from 'yaml'
import { gateGroup, platformGroup } from '../alerts/source/index.ts'
import { alertmanager } from '../alerts/source/routing.ts'
import type { Links } from '../alerts/source/links.ts'
import { ruleFile } from '../alerts/source/rule-file.ts'

/** No address is known here; docs/use/alerts.md says how to give one. */
const noLinks: Links = { runbook: '', grafana: '' }

/** What the chart puts its values in for. */
const chart = {
  links: { runbook: '__RUNBOOK_BASE_URL__', grafana: '__GRAFANA_URL__' },
  release: { name: '__RELEASE_NAME__', namespace: '__RELEASE_NAMESPACE__' },
}

const generated =
  'Generated from alerts/source by `npm run generate`. docs/use/alerts.md says what each alert means.'

function yaml(comments: readonly string[], content: object): string {
  const head = [generated, ...comments].map((line) => `# ${line}\n`).join('')
  return `${head}\n${stringify(content, { lineWidth: 0, aliasDuplicateObjects: false })}`
}

/** The generated files by their path. */
export function alertFiles(links: Links = noLinks): Readonly<Record<string, string>> {
  const gate = ruleFile([gateGroup()], { links })
  const prometheusRule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'caracal-gate-exporter',
      labels: { 'app.kubernetes.io/name': 'caracal-gate-exporter' },
    },
    spec: gate,
  }
  const needs = 'For Prometheus 2.42 and newer.'
  return {
    'alerts/caracal-gate.rules.yaml': yaml(
      ['What the exporter says, and its silence. For rule_files.', needs],
      gate,
    ),
    'alerts/caracal-gate.prometheusrule.yaml': yaml(
      ['caracal-gate.rules.yaml for the Prometheus Operator, where the chart does not bring it.', needs],
      prometheusRule,
    ),
    'alerts/platform.rules.yaml': yaml(
      ['The stop conditions from the metrics of the platform itself, for when the exporter is dead.', needs],
      ruleFile([platformGroup], { links }),
    ),
    'alerts/alertmanager.yaml': yaml(
      ['Routes, inhibitions and receivers for Alertmanager 0.25 and newer, to be merged into yours.'],
      alertmanager,
    ),
    'helm/files/alerts.yaml': yaml(
      ['The chart wraps it into a PrometheusRule and fills in what is between __.'],
      ruleFile([gateGroup(chart.release)], { links: chart.links }),
    ),
  }
}
