import type { Millis } from '../core/time.ts'

/** The event loop works for clients for so long in one turn; health checks and the looks come in between. */
const slice: Millis = 4

export interface Slices {
  /** Whether the time of this turn is used up: what is left is for the next. */
  readonly isOver: boolean
  /** Has the rest done in the next turn. */
  soon(): void
}

/**
 * Divides work into turns of the event loop.
 * @param goOn called in a new turn, to go on with what was left
 * @param hasPrecedence whether this turn is for something else, and has no time for this
 */
export function slices(goOn: () => void, hasPrecedence: () => boolean): Slices {
  let startedAt: Millis | undefined
  let isScheduled = false

  function soon(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      if (hasPrecedence()) {
        startedAt = Number.NEGATIVE_INFINITY
        return soon()
      }
      startedAt = undefined
      goOn()
    })
  }

  return {
    get isOver() {
      const now = performance.now()
      startedAt ??= now
      soon()
      return now - startedAt >= slice
    },
    soon,
  }
}
