import { setTimeout as pause } from 'node:timers/promises'

/** Something that took longer than it may. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/**
 * The result of `work`, for which it has `seconds`. What is late is not waited for: the code that catches this stops what it
 * still uses.
 * @throws TooLate that names `what`
 */
export async function within<T>(what: string, seconds: number, work: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = pause(seconds * 1_000, undefined, { signal: over.signal }).then(() => {
    throw new TooLate(`${what}: not within ${seconds} s`)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    over.abort()
    late.catch(() => undefined)
  }
}
