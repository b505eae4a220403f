import type { Millis } from '../../src/core/time.ts'
import type { Alert, Group } from './alert.ts'

/** Where the links of alerts lead, without a slash at the end. */
export interface Links {
  /** The folder of alerts.md. */
  readonly docs: string
  /** Grafana. */
  readonly grafana: string
}

/** The dashboard of one rollout, by its uid in dashboards/. */
const DASHBOARD = 'caracal-rollout'

/** The values of its variables; `cluster` is as configured. */
const onlyThisRelease = [
  '{{ with $labels.release_namespace }}&var-release_namespace={{ . }}{{ end }}',
  '{{ with $labels.release_name }}&var-release_name={{ . }}{{ end }}',
  '{{ with $labels.cluster }}&var-cluster={{ . | urlquery }}{{ end }}',
].join('')

export interface Rendering {
  readonly links: Links
  /** All waits (`for`, `keep_firing_for`) are divided by it, for tests that can't wait; 1 as shipped. */
  readonly hurry?: number
}

/** A rule as Prometheus reads it. */
export type Rule = RecordingRule | AlertingRule

interface RecordingRule {
  readonly record: string
  readonly expr: string
}

export interface AlertingRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly keep_firing_for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

export function ruleFile(groups: readonly Group[], rendering: Rendering): RuleFile {
  return {
    groups: groups.map(({ name, recordings, alerts }) => ({
      name,
      rules: [...recordings, ...alerts.map((alert) => alertingRule(alert, rendering))],
    })),
  }
}

function alertingRule(alert: Alert, { links, hurry = 1 }: Rendering): AlertingRule {
  return {
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for !== undefined && { for: duration(alert.for / hurry) }),
    ...(alert.keepFiringFor !== undefined && { keep_firing_for: duration(alert.keepFiringFor / hurry) }),
    labels: { severity: alert.severity, component: alert.component, ...alert.labels },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      next_step: alert.nextStep,
      runbook_url: `${links.docs}/alerts.md#${alert.name.toLowerCase()}`,
      dashboard_url: `${links.grafana}/d/${DASHBOARD}?from=now-1h&to=now${onlyThisRelease}`,
    },
  }
}

/** Whole seconds or minutes, as a rule file has them; never less than a second. */
function duration(span: Millis): string {
  const seconds = Math.max(1, Math.round(span / 1_000))
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
