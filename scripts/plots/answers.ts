import type { Labels, PrometheusApi } from '../../rig/prometheus-api.ts'
import type { PanelFile, TargetFile } from '../../test/support/dashboards.ts'
import { interpolate } from '../../test/support/promql.ts'

/** What one query of a panel gave: a line over time, or a single point. */
export interface Series {
  readonly refId: string
  readonly name: string
  readonly labels: Labels
  readonly points: readonly (readonly [at: number, value: number])[]
}

export interface Span {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** Asks every query of the panel, as Grafana would for this span. */
export async function answersOf(
  panel: PanelFile,
  api: PrometheusApi,
  variables: Readonly<Record<string, string>>,
  span: Span,
): Promise<readonly Series[]> {
  const answers = await Promise.all(
    (panel.targets ?? []).map(async (target) => {
      const promql = interpolate(target.expr, variables)
      if (target.instant === true) {
        const samples = await api.query(promql, span.end)
        return samples.map(({ labels, at, value }) => series(target, labels, [[at, value]]))
      }
      const lines = await api.queryRange(promql, span)
      return lines.map(({ labels, points }) => series(target, labels, points))
    }),
  )
  return answers.flat()
}

function series({ refId, legendFormat }: TargetFile, labels: Labels, points: Series['points']): Series {
  const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const name =
    legendFormat === undefined
      ? `{${written.join(', ')}}`
      : legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '').trim()
  return { refId, name, labels, points }
}
