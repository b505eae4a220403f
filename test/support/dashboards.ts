import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { all } from './promql.ts'

/** A dashboard as its file holds it, as far as tests and plots read it. */
export interface DashboardFile {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly PanelFile[]
  readonly links?: readonly { readonly url?: string }[]
  readonly templating: { readonly list: readonly VariableFile[] }
  readonly annotations: { readonly list?: readonly AnnotationFile[] }
}

export interface PanelFile {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly TargetFile[]
  readonly transformations?: readonly { readonly id: string; readonly options: Record<string, unknown> }[]
  readonly options?: Record<string, unknown>
  readonly fieldConfig?: {
    readonly defaults: Readonly<Record<string, unknown>> & {
      readonly unit?: string
      readonly noValue?: string
      readonly mappings?: readonly MappingFile[]
    }
    readonly overrides: readonly {
      readonly matcher: { readonly options: string }
      readonly properties: readonly { readonly id: string; readonly value?: unknown }[]
    }[]
  }
}

export interface TargetFile {
  readonly refId: string
  readonly expr: string
  readonly instant?: boolean
  readonly legendFormat?: string
  readonly format?: string
  readonly datasource?: { readonly uid: string }
}

export interface MappingFile {
  readonly type: 'value' | 'special'
  readonly options: Readonly<Record<string, { readonly text: string; readonly color: string }>>
}

interface VariableFile {
  readonly name: string
  readonly type: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly query: string | { readonly query: string }
  readonly regex?: string
}

interface AnnotationFile {
  readonly name: string
  readonly expr?: string
  readonly datasource?: { readonly uid: string }
  readonly useValueForTime?: boolean
}

const folder = resolve(import.meta.dirname, '../../dashboards')

export function readDashboard(file: string): DashboardFile {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as DashboardFile
}

export const dashboardNames = ['caracal-rollout.json', 'caracal-fleet.json'] as const

/** One query of a dashboard, and where it stands. */
export interface FoundQuery {
  readonly dashboard: string
  readonly place: string
  readonly expr: string
  readonly kind: 'panel' | 'annotation' | 'variable'
  readonly instant: boolean
}

/** Everything in a dashboard that is asked of Prometheus. */
export function queriesOf({ uid, panels, annotations, templating }: DashboardFile): readonly FoundQuery[] {
  return [
    ...panels.flatMap(({ id, title, targets = [] }) =>
      targets.map(({ refId, expr, instant = false }) => ({
        dashboard: uid,
        place: `${id} ${refId} ${title}`,
        expr,
        kind: 'panel' as const,
        instant,
      })),
    ),
    ...(annotations.list ?? []).map(({ name, expr = '' }) => ({
      dashboard: uid,
      place: name,
      expr,
      kind: 'annotation' as const,
      instant: false,
    })),
    ...templating.list.flatMap((variable) => {
      const values = labelValues(variable)
      if (values === undefined) return []
      return [
        {
          dashboard: uid,
          place: variable.name,
          expr: values.selector,
          kind: 'variable' as const,
          instant: true,
        },
      ]
    }),
  ]
}

/** What `label_values(selector, label)` of a variable asks for. */
export function labelValues({ type, query }: VariableFile): { selector: string; label: string } | undefined {
  if (type !== 'query') return undefined
  const text = typeof query === 'string' ? query : query.query
  const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? []
  return { selector, label }
}

/** Values for the variables of both dashboards as they are when one opens them, at a release. */
export function openedAt(release: {
  readonly name: string
  readonly namespace: string
}): Record<string, string> {
  return {
    datasource: 'prometheus',
    cluster: all,
    release_namespace: release.namespace,
    release_name: release.name,
    gate: all,
    component: all,
    stop_condition: all,
    page_url: 'http://page',
    runbook_url: 'http://runbook',
    __rate_interval: '20s',
    __interval: '5s',
    __range: '600s',
  }
}
