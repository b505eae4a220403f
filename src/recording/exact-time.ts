import type { Instant } from '../core/time.ts'

/** Doubles of this age of the world are whole in this unit: a 4096th of a millisecond. */
const UNITS = 4_096

/** An instant as JSON, exact to the last bit: a whole number of units after `from` where it is one, else its digits. */
export type Written = number | string

export function written(at: Instant, from: Instant): Written {
  const units = (at - from) * UNITS
  return Number.isSafeInteger(units) && !Object.is(units, -0) && from + units / UNITS === at ? units : `${at}`
}

export function instantOf(text: Written, from: Instant): Instant {
  return typeof text === 'number' ? from + text / UNITS : Number(text)
}
