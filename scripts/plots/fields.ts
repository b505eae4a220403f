import type { MappingFile, PanelFile } from '../../test/support/dashboards.ts'
import { written } from './units.ts'

interface Step {
  readonly value: number | null
  readonly color: string
}

/** How a field is shown: the defaults of the panel with the overrides for its name. */
export interface Field {
  readonly unit: string
  readonly decimals?: number
  readonly mappings: readonly MappingFile[]
  readonly steps: readonly Step[]
  readonly dashed: boolean
  readonly colour?: string
  readonly isColoured: boolean
}

export function fieldOf({ fieldConfig }: PanelFile, name: string): Field {
  const { defaults = {}, overrides = [] } = fieldConfig ?? {}
  const own = overrides
    .filter(({ matcher }) => matcher.options === name)
    .flatMap(({ properties }) => properties)
  const setting = (id: string): unknown => own.find((property) => property.id === id)?.value ?? defaults[id]
  const colour = own.find(({ id }) => id === 'color')?.value as { fixedColor?: string } | undefined
  const decimals = setting('decimals') as number | undefined
  const thresholds = setting('thresholds') as { steps: readonly Step[] } | undefined
  return {
    unit: (setting('unit') as string | undefined) ?? 'short',
    ...(decimals !== undefined && { decimals }),
    mappings: (setting('mappings') as readonly MappingFile[] | undefined) ?? [],
    steps: thresholds?.steps ?? [],
    dashed: own.some(({ id }) => id === 'custom.lineStyle'),
    ...(colour?.fixedColor !== undefined && { colour: colour.fixedColor }),
    isColoured: own.some(({ id }) => id === 'custom.cellOptions'),
  }
}

/** The words and the colour of a value. */
export function shown(
  value: number | undefined,
  field: Field,
): { readonly text: string; readonly colour: string } {
  for (const { type, options } of field.mappings) {
    const result = value === undefined ? undefined : options[value]
    if (type === 'value' && result !== undefined) return { text: result.text, colour: result.color }
    const special = options['result']
    if (type === 'special' && value === undefined && special !== undefined)
      return { text: special.text, colour: special.color }
  }
  if (value === undefined) return { text: '', colour: '#808080' }
  const step = field.steps.findLast((one) => one.value === null || value >= one.value)
  return { text: written(value, field.unit, field.decimals), colour: step?.color ?? '#808080' }
}
