import type { Millis } from '../core/time.ts'

/** So many at once, and so many in each second from then on. */
export interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/** Counts what is used of an allowance; instants are those of one steady clock. */
export interface Bucket {
  /** Uses one, which may not be there yet. Gives how long it takes until it is. */
  take(now: Millis): Millis
}

/** A bucket of tokens that is full at first. */
export function openBucket({ burst, perSecond }: Allowance): Bucket {
  let tokens = burst
  let filledAt: Millis | undefined
  return {
    take(now) {
      const since = Math.max(0, now - (filledAt ?? now))
      filledAt = now
      tokens = Math.min(burst, tokens + (since / 1_000) * perSecond) - 1
      return Math.max(0, (-tokens / perSecond) * 1_000)
    },
  }
}
