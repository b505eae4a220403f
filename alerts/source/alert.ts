import type { Millis } from '../../src/core/time.ts'

/** `critical` pages, `warning` is read today, `info` this week; `none` is a heartbeat. */
export type Severity = 'critical' | 'warning' | 'info' | 'none'

/** One alert as a rule file has it. Two may share a name when only their severity differs. */
export interface Alert {
  readonly name: string
  readonly severity: Severity
  /** Where to look first: a service of the platform, a store, the rollout or the exporter. */
  readonly component: string
  /** PromQL that Prometheus 2.42 understands. */
  readonly expr: string
  /** How long the expression must hold. */
  readonly for?: Millis
  /** How long it keeps firing after the expression has no result. */
  readonly keepFiringFor?: Millis
  /** Labels beside severity and component. */
  readonly labels?: Readonly<Record<string, string>>
  readonly summary: string
  readonly description: string
  /** The first action, as a command where there is one. */
  readonly nextStep: string
  /** Id of its page in the runbook; none when a person has nothing to read beyond the description. */
  readonly runbook?: string
  /** Its place on the exporter's page, from the slash on; none when the page can't help. */
  readonly page?: string
}

/** A recording rule. */
export interface Recording {
  readonly record: string
  readonly expr: string
}

export interface Group {
  readonly name: string
  readonly recordings: readonly Recording[]
  readonly alerts: readonly Alert[]
}

/** What tells one release from another, in every recorded series and every alert of the exporter. */
export const releaseLabels = ['cluster', 'release_namespace', 'release_name'] as const

/** `on` or `by` the release. */
export const ofRelease = `(${releaseLabels.join(', ')})`

/** The release in the words of an annotation. */
export const theRelease = '{{ $labels.release_name }} in {{ $labels.release_namespace }}'
