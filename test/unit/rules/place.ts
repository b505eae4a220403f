import type { BlindSpot, Target } from '../../../src/core/observation.ts'
import type { Labels, Reading } from '../../../src/core/signal.ts'

/** What there is to be seen at one target of one probe. */
export interface Place {
  readonly probe: string
  readonly target: Target
  readonly readings: readonly Reading[]
  readonly blindSpots: readonly BlindSpot[]
  readonly failing: boolean
}

/** Everything that there is to be seen. */
export type World = readonly Place[]

export function place(probe: string, id: string, labels: Labels, readings: readonly Reading[]): Place {
  return { probe, target: { id, labels }, readings, blindSpots: [], failing: false }
}
