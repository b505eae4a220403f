import { promises } from 'node:timers'
import type { Surroundings } from './process.ts'

/** The real time and chance. */
export const systemSurroundings: Surroundings = {
  now: () => performance.now(),
  date: () => new Date(),
  random: Math.random,
  async sleep(milliseconds, signal) {
    // Rejects only when the signal is aborted, and that is for the caller to see.
    await promises.setTimeout(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined)
  },
}
