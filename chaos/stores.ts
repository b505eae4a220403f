import { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'

/** What an administrator asks with; each command ends within 2 s. */
export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    protocol: 2,
    connectionName: 'chaos',
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 2,
    disableClientInfo: true,
  })
  // Commands say so themselves.
  redis.on('error', () => {})
  return redis
}

export interface Loop {
  stop(): Promise<void>
}

/** Does something again and again, with a pause; one that fails is followed by the next. */
export function repeatedly(pause: number, task: () => Promise<unknown> | void): Loop {
  const stopped = new AbortController()
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await Promise.resolve()
        .then(task)
        .catch(() => {})
      await delay(pause, undefined, { signal: stopped.signal }).catch(() => {})
    }
  })()
  return {
    stop: () => {
      stopped.abort()
      return running
    },
  }
}
