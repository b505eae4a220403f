import { setTimeout as delay } from 'node:timers/promises'

/**
 * Limits in tests are what a quiet machine needs many times over; a busy one gets three times as much. A limit only says
 * when a test gives up: nothing is measured by it.
 */
export const PATIENCE = 3

/** Asks every 50 ms until it holds; an error counts as a no. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinSeconds = 15,
): Promise<void> {
  const deadline = performance.now() + PATIENCE * withinSeconds * 1_000
  for (;;) {
    if (
      await Promise.resolve()
        .then(holds)
        .catch(() => false)
    )
      return
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE * withinSeconds} s: ${what}`)
    await delay(50)
  }
}

/** Waits until a condition of this process holds; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5)
}

/** The window in which a test watches that something does not happen, or counts what does. Never a wait for an event. */
export async function watchFor(milliseconds: number): Promise<void> {
  await delay(milliseconds)
}
