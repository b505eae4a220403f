import type { Redis } from 'ioredis'
import { pause } from './clients.ts'

/**
 * Counts a call in Redis, so over all replicas, by client address and by the minute of the Redis clock.
 * Returns whether the call may continue. Throws when Redis refuses, but only after `patience`
 * milliseconds: that is how long the platform's own clients keep trying. Waits for as long as Redis hangs.
 */
export async function withinLimit(
  redis: Redis,
  prefix: string,
  address: string,
  perMinute: number,
  patience: number,
): Promise<boolean> {
  const start = performance.now()
  try {
    const [seconds] = await redis.time()
    const key = `${prefix}:${address}:${Math.floor(Number(seconds) / 60)}`
    const count = await redis.incr(key)
    if (count === 1) await redis.expire(key, 90)
    return count <= perMinute
  } catch (error) {
    await pause(Math.max(0, patience - (performance.now() - start)))
    throw error
  }
}
