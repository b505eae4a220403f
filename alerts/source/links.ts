import type { Alert } from './alert.ts'
import { lookUp, own, whole } from './annotations.ts'
import { recordings } from './recordings.ts'

/** Where the links of alerts lead, without a slash at the end; empty when there is no such place. */
export interface Links {
  /** A runbook that takes the place of the exporter's own: the id of a page follows. */
  readonly runbook: string
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

const { links: addresses } = recordings

/** An address that the exporter says is its own, between two texts; while it is not scraped, the one that it said last. */
function ofExporter(label: 'page_url' | 'runbook_url', before: string, after: string): string {
  return lookUp(
    `last_over_time(${own(addresses)}[5m])`,
    `{{ with .Labels.${label} }}${before}{{ . }}${after}{{ end }}`,
  )
}

/** The option of the command line that names the exporter, where its address is known. */
export const urlOption = ofExporter('page_url', ' --url ', '')

/** The text with the address before it, or nothing without one. A person may write one into the quotes. */
function at(name: keyof Links, address: string, rest: string, otherwise = ''): string {
  const instead = otherwise === '' ? '' : `{{ else }}${otherwise}`
  return `{{ $${name} := "${address}" }}{{ with $${name} }}{{ . }}${rest}${instead}{{ end }}`
}

/**
 * The links of an alert, each empty where it would lead nowhere. The second path does not ask the exporter, and has no
 * page of it.
 */
export function linksOf({ runbook, page }: Alert, { runbook: base, grafana }: Links): Annotations {
  const id = `/${runbook}`
  return {
    ...(runbook !== undefined && {
      runbook_url: whole(
        at('runbook', base, id, page === undefined ? '' : ofExporter('runbook_url', '', id)),
      ),
    }),
    ...(page !== undefined && { page_url: whole(ofExporter('page_url', '', `/${page}`)) }),
    dashboard_url: at('grafana', grafana, `/d/${DASHBOARD}?from=now-1h&to=now${onlyThisRelease}`),
  }
}

type Annotations = Readonly<Record<string, string>>
