import type { Unit } from './states.ts'

export interface Observed {
  readonly value: number
  readonly unit: Unit
}

/** The limit beside what was observed; `clear` is where a breach counts as over, when that is another value. */
export interface Threshold {
  readonly op: '<=' | '>=' | '=='
  readonly value: number
  readonly clear: number | null
  readonly unit: Unit
}
