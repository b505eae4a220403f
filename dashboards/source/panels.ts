import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
  type Panel,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { datasource } from './variables.ts'
import { colours } from './states.ts'

/** One query of a panel. */
export interface Query {
  readonly expr: string
  /** `{{label}}` is the value of a label. */
  readonly legend?: string
}

/** What every panel must say. */
export interface Spec {
  /** Stable: links to a panel carry it. The hundreds are the row. */
  readonly id: number
  readonly title: string
  /** What it shows, what is good, and what to do otherwise. */
  readonly description: string
  /** Of 24 columns. */
  readonly width: number
  /** In lines of 30 pixels. */
  readonly height: number
  readonly unit: string
  readonly decimals?: number
  readonly queries: readonly Query[]
  /** What it means that there is nothing. */
  readonly noData: string
  readonly mappings?: ValueMapping[]
  /** Colour below the first step; green when left out. */
  readonly base?: string
  /** Colours from a value on; without it nothing is coloured by value. */
  readonly steps?: readonly (readonly [from: number, colour: string])[]
}

/** A panel with its size; its place follows from the panels before it. */
export interface Sized {
  readonly id: number
  readonly width: number
  readonly height: number
  readonly panel: Builder<Panel>
}

export interface Row {
  readonly id: number
  readonly title: string
  readonly panels: readonly Sized[]
}

/** What the builders of all kinds of panels have in common. */
interface Dressable {
  id(id: number): this
  title(title: string): this
  description(text: string): this
  datasource(reference: typeof datasource): this
  unit(unit: string): this
  decimals(decimals: number): this
  noValue(text: string): this
  mappings(mappings: ValueMapping[]): this
  thresholds(thresholds: ThresholdsConfigBuilder): this
  withTarget(target: DataqueryBuilder): this
}

export type Timing = 'now' | 'over time' | 'table'

/** Gives a builder what the spec says. */
export function dress<B extends Dressable & Builder<Panel>>(builder: B, spec: Spec, timing: Timing): Sized {
  builder
    .id(spec.id)
    .title(spec.title)
    .description(spec.description)
    .datasource(datasource)
    .unit(spec.unit)
    .noValue(spec.noData)
    .thresholds(thresholds(spec.steps ?? [], spec.base))
  if (spec.decimals !== undefined) builder.decimals(spec.decimals)
  if (spec.mappings !== undefined) builder.mappings(spec.mappings)
  spec.queries.forEach((query, place) => builder.withTarget(target(query, place, timing)))
  return { id: spec.id, width: spec.width, height: spec.height, panel: builder }
}

function target({ expr, legend }: Query, place: number, timing: Timing): DataqueryBuilder {
  const query = new DataqueryBuilder().datasource(datasource).expr(expr).refId(refId(place))
  if (legend !== undefined) query.legendFormat(legend)
  switch (timing) {
    case 'now':
      // A range would keep showing the last value of an exporter that is gone.
      return query.instant()
    case 'table':
      return query.instant().format(PromQueryFormat.Table)
    case 'over time':
      return query.range()
  }
}

/** `A`, `B`, ... */
function refId(place: number): string {
  return String.fromCodePoint(65 + place)
}

export function thresholds(
  steps: NonNullable<Spec['steps']>,
  color: string = colours.good,
): ThresholdsConfigBuilder {
  const rest = steps.map(([value, colour]): Threshold => ({ value, color: colour }))
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color }, ...rest])
}

/** Settings of single fields, as an override carries them. */
export function settings(values: Readonly<Record<string, unknown>>): DynamicConfigValue[] {
  return Object.entries(values).map(([id, value]) => ({ id, value }))
}
