import { RowBuilder, type DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Row } from './panels.ts'

/** Columns of Grafana's grid. */
const COLUMNS = 24

/** Puts the rows below each other, and the panels of each side by side as they fit. */
export function addRows(dashboard: DashboardBuilder, rows: readonly Row[]): void {
  let top = 0
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title).id(row.id).gridPos({ x: 0, y: top, w: COLUMNS, h: 1 }))
    top = addPanels(dashboard, row, top + 1)
  }
}

/** Each panel goes where it fits highest, and there leftmost. Returns the line below all of them. */
function addPanels(dashboard: DashboardBuilder, { panels }: Row, top: number): number {
  const bottoms = Array.from({ length: COLUMNS }, () => top)
  for (const { panel, width, height } of panels) {
    const places = Array.from({ length: COLUMNS - width + 1 }, (_, x) => ({
      x,
      y: Math.max(...bottoms.slice(x, x + width)),
    }))
    const best = places.reduce((a, b) => (b.y < a.y ? b : a))
    bottoms.fill(best.y + height, best.x, best.x + width)
    const gridPos = { x: best.x, y: best.y, w: width, h: height }
    dashboard.withPanel({ build: () => ({ ...panel.build(), gridPos }) })
  }
  return Math.max(...bottoms)
}
