import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { dress, settings, thresholds, type Query, type Sized, type Spec } from './panels.ts'
import { colours } from './states.ts'

const lastValue = new ReduceDataOptionsBuilder().calcs(['lastNotNull'])

interface StatSpec extends Spec {
  /** The whole panel in the colour of its value, for what must be seen from afar. */
  readonly loud?: true
  /** The name of the series is the message, not its value. */
  readonly named?: true
}

/** One value that holds now. */
export function statPanel(spec: StatSpec): Sized {
  const coloured = spec.mappings !== undefined || spec.steps !== undefined
  const colourMode = coloured ? BigValueColorMode.Value : BigValueColorMode.None
  const builder = new stat.PanelBuilder()
    .graphMode(BigValueGraphMode.None)
    .colorMode(spec.loud === true ? BigValueColorMode.Background : colourMode)
    .textMode(spec.named === true ? BigValueTextMode.Name : BigValueTextMode.Value)
    .reduceOptions(lastValue)
  return dress(builder, spec, 'now')
}

/** Values that hold now, as bars that share a scale. */
export function barsPanel(spec: Spec): Sized {
  const builder = new bargauge.PanelBuilder()
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .reduceOptions(lastValue)
    .min(0)
  return dress(builder, spec, 'now')
}

/** States over time: one line for each series. */
export function timelinePanel(spec: Omit<Spec, 'unit' | 'decimals' | 'steps'>): Sized {
  const builder = new statetimeline.PanelBuilder()
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(85)
    .spanNulls(false)
    .legend(legend(LegendDisplayMode.List))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
  return dress(builder, { ...spec, unit: 'none' }, 'over time')
}

interface PlotSpec extends Spec {
  /** A dashed line beside the values, drawn from a query of its own; named `limit`. */
  readonly limits?: readonly Query[]
  readonly stacked?: true
  readonly bars?: true
  /** Colour of a series by its name, where colour means something. */
  readonly colours?: Readonly<Record<string, string>>
  readonly max?: number
}

/** Values over time, never below zero. */
export function plotPanel(spec: PlotSpec): Sized {
  const { limits = [], colours: named = {} } = spec
  const builder = new timeseries.PanelBuilder()
    .min(0)
    .lineWidth(spec.bars === true ? 0 : 2)
    .fillOpacity(spec.stacked === true ? 60 : spec.bars === true ? 80 : 8)
    .drawStyle(spec.bars === true ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .stacking(
      new StackingConfigBuilder().mode(spec.stacked === true ? StackingMode.Normal : StackingMode.None),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(legend(LegendDisplayMode.List))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  if (spec.max !== undefined) builder.max(spec.max)
  for (const [name, colour] of Object.entries(named)) builder.overrideByName(name, fixedColour(colour))
  for (const { legend: name = '' } of limits) builder.overrideByName(name, limitLine)
  return dress(builder, { ...spec, queries: [...spec.queries, ...limits] }, 'over time')
}

function fixedColour(fixedColor: string): ReturnType<typeof settings> {
  return settings({ color: { mode: FieldColorModeId.Fixed, fixedColor } })
}

const limitLine = [
  ...fixedColour(colours.bad),
  ...settings({
    'custom.lineStyle': { fill: 'dash', dash: [10, 10] },
    'custom.lineWidth': 2,
    'custom.fillOpacity': 0,
    'custom.stacking': { mode: 'none', group: 'limit' },
    'custom.drawStyle': 'line',
    'custom.showPoints': 'never',
  }),
]

interface Column {
  /** Label of the rows, or `Value #A` for the value of a query. */
  readonly field: string
  readonly title: string
  readonly width?: number
  readonly unit?: string
  readonly decimals?: number
  readonly mappings?: Spec['mappings']
  readonly steps?: Spec['steps']
  readonly links?: readonly { readonly title: string; readonly url: string }[]
}

interface TableSpec extends Omit<Spec, 'unit'> {
  /** Label that the rows of all queries share. */
  readonly rowsBy: string
  readonly columns: readonly Column[]
  /** Title of the column that the rows are sorted by, greatest first. */
  readonly sortBy: string
}

/** One row for each value of a label, with a column for each query. */
export function tablePanel(spec: TableSpec): Sized {
  const { columns, rowsBy, sortBy } = spec
  const builder = new table.PanelBuilder()
    .filterable(true)
    .sortBy([{ build: () => ({ displayName: sortBy, desc: true }) }])
  if (spec.queries.length > 1)
    builder.withTransformation({ id: 'joinByField', options: { byField: rowsBy, mode: 'outer' } })
  builder
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: columns.map(({ field }) => field) } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(columns.map(({ field }, place) => [field, place])),
        renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
        excludeByName: {},
      },
    })
  for (const column of columns) builder.overrideByName(column.title, columnSettings(column))
  return dress(builder, { ...spec, unit: 'short' }, 'table')
}

function columnSettings(column: Column): ReturnType<typeof settings> {
  const { width, unit, decimals, mappings, steps, links } = column
  return settings({
    ...(width !== undefined && { 'custom.width': width }),
    ...(unit !== undefined && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(mappings !== undefined && { mappings }),
    ...(steps !== undefined && { thresholds: thresholds(steps).build() }),
    ...((mappings ?? steps) !== undefined && {
      'custom.cellOptions': { type: TableCellDisplayMode.ColorBackground, mode: 'basic' },
    }),
    ...(links !== undefined && { links: links.map((link) => ({ ...link, targetBlank: true })) }),
  })
}

function legend(mode: LegendDisplayMode): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(mode)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([])
}
