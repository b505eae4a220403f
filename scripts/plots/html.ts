import type { PanelFile } from '../../test/support/dashboards.ts'
import type { Series, Span } from './answers.ts'
import { plot, timeline } from './charts.ts'
import { fieldOf, shown } from './fields.ts'
import { escaped } from './units.ts'

/** Pixels of one column and one line of Grafana's grid. */
const COLUMN = 66
const LINE = 36

/** One panel where its gridPos has it. */
export function panelHtml(panel: PanelFile, series: readonly Series[], span: Span): string {
  const { x, y, w, h } = panel.gridPos
  const place = `left:${x * COLUMN}px;top:${y * LINE}px;width:${w * COLUMN - 8}px;height:${h * LINE - 8}px`
  if (panel.type === 'row') return `<h2 style="${place}">${escaped(panel.title)}</h2>`
  const box = { width: w * COLUMN - 24, height: h * LINE - 40 }
  const nothing = `<p class="none">${escaped(panel.fieldConfig?.defaults.noValue ?? 'No data')}</p>`
  const isStat = panel.type === 'stat'
  const body = series.length === 0 && !isStat ? nothing : bodyOf(panel, series, span, box)
  return `<section style="${place}"><h3>${escaped(panel.title)}</h3>${body}</section>`
}

function bodyOf(
  panel: PanelFile,
  series: readonly Series[],
  span: Span,
  box: { readonly width: number; readonly height: number },
): string {
  switch (panel.type) {
    case 'timeseries':
      return plot(panel, series, span, box)
    case 'state-timeline':
      return timeline(panel, series, span, box)
    case 'table':
      return tableHtml(panel, series)
    case 'bargauge':
      return barsHtml(panel, series)
    default:
      return statHtml(panel, series)
  }
}

function statHtml(panel: PanelFile, series: readonly Series[]): string {
  const { colorMode, textMode } = panel.options ?? {}
  const texts = series.length === 0 ? [undefined] : series
  return texts
    .map((one) => {
      const field = fieldOf(panel, one?.name ?? '')
      const { text, colour } = shown(one?.points.at(-1)?.[1], field)
      const words = one === undefined ? (panel.fieldConfig?.defaults.noValue ?? text) : text
      const paint =
        colorMode === 'background'
          ? `background:${colour};color:#fff`
          : colorMode === 'value'
            ? `color:${colour}`
            : ''
      const size = Math.min(panel.gridPos.h * 10, 60, (panel.gridPos.w * COLUMN * 1.5) / words.length)
      return `<p class="stat" style="${paint};font-size:${size}px">${escaped(textMode === 'name' && one !== undefined ? one.name : words)}</p>`
    })
    .join('')
}

function barsHtml(panel: PanelFile, series: readonly Series[]): string {
  const values = series.map(({ points }) => points.at(-1)?.[1] ?? 0)
  const top = Math.max(...values, 1e-9)
  return series
    .map(({ name }, place) => {
      const value = values[place] ?? 0
      const { text, colour } = shown(value, fieldOf(panel, name))
      return `<p class="bar"><b>${escaped(name)}</b><i style="width:${(value / top) * 50}%;background:${colour}"></i>${escaped(text)}</p>`
    })
    .join('')
}

type Cells = Record<string, string | number>

function tableHtml(panel: PanelFile, series: readonly Series[]): string {
  const transformations = panel.transformations ?? []
  const options = (id: string): Record<string, unknown> =>
    transformations.find((one) => one.id === id)?.options ?? {}
  const key = (options('joinByField')['byField'] ?? '') as string
  const rows = new Map<string, Cells>()
  for (const { refId, labels, points } of series) {
    const name = labels[key] ?? String(rows.size)
    rows.set(name, { ...rows.get(name), ...labels, [`Value #${refId}`]: points.at(-1)?.[1] ?? '' })
  }
  const titles = Object.entries(options('organize')['renameByName'] ?? {}) as [string, string][]
  const [sorted] = (panel.options?.['sortBy'] ?? []) as { displayName: string }[]
  const by = titles.find(([, title]) => title === sorted?.displayName)?.[0] ?? ''
  const ordered = [...rows.values()].toSorted((a, b) => Number(b[by]) - Number(a[by]))
  const head = titles.map(([, title]) => `<th>${escaped(title)}</th>`).join('')
  const body = ordered.map(
    (row) => `<tr>${titles.map(([field, title]) => cellHtml(panel, title, row[field])).join('')}</tr>`,
  )
  return `<table><tr>${head}</tr>${body.join('')}</table>`
}

function cellHtml(panel: PanelFile, title: string, cell: string | number | undefined): string {
  if (typeof cell !== 'number') return `<td>${escaped(cell ?? '')}</td>`
  const field = fieldOf(panel, title)
  const { text, colour } = shown(cell, field)
  return `<td ${field.isColoured ? `style="background:${colour};color:#fff"` : ''}>${escaped(text)}</td>`
}

/** The whole dashboard as one page. */
export function pageHtml(title: string, panels: readonly string[], lines: number): string {
  const style = `body{margin:8px;background:#111217;color:#ccc;font:12px sans-serif;width:${24 * COLUMN}px}
    main{position:relative;height:${lines * LINE}px}section,h2{position:absolute;box-sizing:border-box;margin:0;overflow:hidden}
    section{background:#181b1f;border:1px solid #2c3036;padding:4px 8px}h2{font-size:16px}h3{font-size:13px;margin:2px 0 6px;font-weight:600}
    text{fill:#aaa;font-size:11px}.legend{font-size:11px;line-height:13px}.legend i{display:inline-block;width:12px;height:8px;margin-right:4px}
    .none{text-align:center;color:#888;margin-top:20px}.stat{margin:0;height:calc(100% - 24px);display:flex;align-items:center;justify-content:center;font-weight:600}
    .bar{display:flex;gap:8px;align-items:center;margin:8px 0}.bar b{width:90px;text-align:right}.bar i{height:22px}
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:3px 6px;border-bottom:1px solid #2c3036}`
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style><h1>${escaped(title)}</h1><main>${panels.join('')}</main>`
}
