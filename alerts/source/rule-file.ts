import type { Millis } from '../../src/core/time.ts'
import type { Alert, Group } from './alert.ts'
import { whole } from './annotations.ts'
import { linksOf, type Links } from './links.ts'

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
      summary: whole(alert.summary),
      description: whole(alert.description),
      next_step: whole(alert.nextStep),
      ...linksOf(alert, links),
    },
  }
}

/** Whole seconds or minutes, as a rule file has them; never less than a second. */
function duration(span: Millis): string {
  const seconds = Math.max(1, Math.round(span / 1_000))
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
