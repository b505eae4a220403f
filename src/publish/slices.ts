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
 */
export function slices(goOn: () => void): Slices {
  let startedAt: Millis | undefined
  let isScheduled = false

  function soon(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
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
