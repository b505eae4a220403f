import type { PanelFile } from '../../test/support/dashboards.ts'
import type { Series, Span } from './answers.ts'
import { fieldOf, shown } from './fields.ts'
import { escaped, written } from './units.ts'

const palette = [
  '#7EB26D',
  '#EAB839',
  '#6ED0E0',
  '#EF843C',
  '#E24D42',
  '#1F78C1',
  '#BA43A9',
  '#705DA0',
  '#508642',
]

interface Box {
  readonly width: number
  readonly height: number
}

/** Lines, bars or stacked areas over time. */
export function plot(panel: PanelFile, lines: readonly Series[], span: Span, { width, height }: Box): string {
  const custom = (panel.fieldConfig?.defaults['custom'] ?? {}) as {
    drawStyle?: string
    stacking?: { mode?: string }
  }
  const stacked = custom.stacking?.mode === 'normal'
  const drawn = stacked ? stack(panel, lines) : lines
  const left = 56
  const plotHeight = height - 54
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value))
  const top = Math.max(...values, 1e-9) * 1.05
  const x = (at: number): number => left + ((at - span.start) / (span.end - span.start)) * (width - left - 8)
  const y = (value: number): number => 4 + plotHeight * (1 - value / top)
  const unit = panel.fieldConfig?.defaults.unit ?? 'short'
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(top * share)
    return `<path d="M${left} ${at}H${width - 8}" stroke="#444"/><text x="${left - 5}" y="${at + 4}" text-anchor="end">${written(top * share, unit)}</text>`
  })
  const shapes = drawn.map((line, place) => {
    const { dashed } = fieldOf(panel, line.name)
    const colour = colourOf(panel, line.name, place)
    if (custom.drawStyle === 'bars' && !dashed)
      return line.points
        .map(([at, value]) => `<path d="M${x(at)} ${y(0)}V${y(value)}" stroke="${colour}" stroke-width="3"/>`)
        .join('')
    const path = pathOf(line.points, span.step, x, y)
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" ${dashed ? 'stroke-dasharray="8 6"' : ''}/>`
  })
  return `<svg width="${width}" height="${height - 34}">${grid.join('')}${shapes.join('')}</svg>${legendOf(panel, lines)}`
}

/** A gap wherever a step has no sample. */
function pathOf(
  points: Series['points'],
  step: number,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  return points
    .map(([at, value], place) => {
      const before = points[place - 1]?.[0]
      const begins = before === undefined || at - before > step * 1.5
      return `${begins ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`
    })
    .join('')
}

function stack(panel: PanelFile, lines: readonly Series[]): readonly Series[] {
  const sums = new Map<number, number>()
  return lines.map((line) => {
    if (fieldOf(panel, line.name).dashed) return line
    const points = line.points.map(([at, value]) => {
      sums.set(at, (sums.get(at) ?? 0) + value)
      return [at, sums.get(at) ?? 0] as const
    })
    return { ...line, points }
  })
}

function colourOf(panel: PanelFile, name: string, place: number): string {
  return fieldOf(panel, name).colour ?? palette[place % palette.length] ?? '#888'
}

function legendOf(panel: PanelFile, lines: readonly Series[]): string {
  const keys = lines.map(
    ({ name }, place) => `<i style="background:${colourOf(panel, name, place)}"></i>${escaped(name)}`,
  )
  return `<div class="legend">${keys.join(' &nbsp; ')}</div>`
}

/** One band for each series, coloured by state. */
export function timeline(
  panel: PanelFile,
  lines: readonly Series[],
  span: Span,
  { width, height }: Box,
): string {
  const left = 190
  const band = (height - 40) / Math.max(1, lines.length)
  const scale = (width - left - 8) / (span.end - span.start)
  const field = fieldOf(panel, '')
  const bands = lines.map(({ name, points }, row) => {
    const cells = points.map(([at, value]) => {
      const { colour } = shown(value, field)
      return `<rect x="${left + (at - span.start) * scale}" y="${row * band + 1}" width="${span.step * scale + 0.5}" height="${band - 2}" fill="${colour}"/>`
    })
    return `<text x="${left - 6}" y="${row * band + band / 2 + 4}" text-anchor="end">${escaped(name)}</text>${cells.join('')}`
  })
  const seen = new Set(lines.flatMap(({ points }) => points.map(([, value]) => value)))
  const keys = [...seen].toSorted((a, b) => a - b).map((value) => shown(value, field))
  const legend = keys
    .map(({ text, colour }) => `<i style="background:${colour}"></i>${escaped(text)}`)
    .join(' &nbsp; ')
  return `<svg width="${width}" height="${height - 34}">${bands.join('')}</svg><div class="legend">${legend}</div>`
}
