import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { RedisSettings } from '../../src/connections/redis.ts'
import type { Report } from './redis-looker.ts'

/** A process of its own that looks at what it is told to, so that what kills it kills no test. */
export interface Looker {
  /**
   * Looks at all of them at once.
   * @throws Error with what the process said when it ended instead of answering
   */
  look(...servers: readonly RedisSettings[]): Promise<Report>
  close(): Promise<void>
}

export function startLooker(): Looker {
  const child = fork(new URL('./redis-looker.ts', import.meta.url), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)))
  return {
    async look(...servers) {
      const gone = new AbortController()
      const answer = once(child, 'message', { signal: gone.signal }).then(([report]) => report as Report)
      const end = once(child, 'exit', { signal: gone.signal }).then(() => {
        throw new Error(`the looker ended: ${said}`)
      })
      if (child.exitCode !== null) throw new Error(`the looker ended: ${said}`)
      child.send(servers)
      try {
        return await Promise.race([answer, end])
      } finally {
        gone.abort()
        await Promise.allSettled([answer, end])
      }
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
