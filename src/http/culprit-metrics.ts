import type { StopConditionReport } from '../contract/items.ts'
import { plain } from '../core/text.ts'
import type { Sample } from './samples.ts'

/** Subjects of one stop condition that have a series: an alert names no more. */
const named = 3
/** Longest name in a label, in characters. */
const nameLimit = 120

/**
 * Whom a stop in force blames, by rank. While it fires these are the subjects of the breach as it is now; a latch that
 * outlives the breach keeps those that set it.
 */
export function culpritSamples({
  id,
  state,
  flags,
  latch,
  culprits,
}: StopConditionReport): readonly Sample[] {
  const isLatched = flags.includes('latched')
  const blamed =
    state === 'firing' ? culprits.map(({ key }) => key) : isLatched ? (latch?.culprits ?? []) : []
  return blamed
    .slice(0, named)
    .map((key, place) => ({ labels: [id, plain(key, nameLimit)], value: place + 1 }))
}
