import type { Cluster } from './model.ts'

/** Those who want to hear of changes. */
export interface Listeners {
  /** Has them told once of all that changed in one turn of the event loop. */
  readonly changed: () => void
  readonly subscribe: Cluster['subscribe']
}

/**
 * Listeners of which none can keep anything from the others, nor from whom it listens to: what one throws is a fault of
 * ours, and goes to `onFault`. Whoever missed a change so is told of the next.
 */
export function openListeners(onFault: (fault: unknown) => void): Listeners {
  const listeners = new Set<() => void>()
  let due: NodeJS.Immediate | undefined

  function tell(): void {
    due = undefined
    for (const listener of listeners) {
      try {
        listener()
      } catch (fault) {
        onFault(fault)
      }
    }
  }

  return {
    changed: () => void (due ??= setImmediate(tell)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
