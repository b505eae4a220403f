/** The last values of a series, one for each slot of time; 8 bytes each, taken up at once. */
export interface Ring {
  /** Sets the value of a slot. A slot older than all that is held is left out. */
  put(slot: number, value: number): void
  /** The value of a slot; undefined where none was put, or it is no longer held. */
  at(slot: number): number | undefined
}

/**
 * A ring that holds the newest slot and the `size - 1` before it.
 * @param size whole number from 1
 */
export function newRing(size: number): Ring {
  const values = new Float64Array(size).fill(NaN)
  let newest = -Infinity
  const placeOf = (slot: number): number => ((slot % size) + size) % size

  return {
    put(slot, value) {
      if (slot <= newest - size) return
      // What lies between was never put: without this its places would show values of a round before.
      const first = Math.max(newest + 1, slot - size + 1)
      for (let passed = first; passed < slot; passed++) values[placeOf(passed)] = NaN
      if (slot > newest) newest = slot
      values[placeOf(slot)] = value
    },
    at(slot) {
      if (slot > newest || slot <= newest - size) return undefined
      const value = values[placeOf(slot)]
      return value === undefined || Number.isNaN(value) ? undefined : value
    },
  }
}
