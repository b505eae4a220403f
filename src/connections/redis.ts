import type { Unavailable } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { redisUnavailable } from './redis-unavailable.ts'
import { redisClients, type RedisSettings } from './redis-clients.ts'
import { RedisLine, type RedisCost, type RedisReply } from './redis-line.ts'
import type { RedisCommand } from './redis-wire.ts'

export { isPartial } from './redis-unavailable.ts'
export { answerBounds } from './redis-frames.ts'
export type { RedisSettings } from './redis-clients.ts'
export type { RedisCost, RedisLine, RedisReply } from './redis-line.ts'
export { onlyField, type RedisCommand } from './redis-wire.ts'

/** One Redis, be it a single server, a primary that sentinels name, or a cluster. */
export interface RedisConnection {
  readonly cost: RedisCost
  /** Whether one blocking read can wait for several streams. */
  readonly blocks: boolean
  /**
   * Sends the commands in one pipelined round trip. Never rejects; each command has a reply of its own, and ends
   * within 650 ms. A replica's answers are failures: nothing that it says proves anything.
   * @param ride how long the commands may wait to ride along with others that are sent at once
   */
  run(commands: readonly RedisCommand[], ride?: Millis): Promise<readonly RedisReply[]>
  /** Asks every primary; a cluster has several. */
  runOnPrimaries(command: RedisCommand, ride?: Millis): Promise<readonly RedisReply[]>
  /** Like `run`, whatever the role of the server: for a caller that checks what its login may do. */
  runAnywhere(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>
  /** A further connection for reads that block. The caller closes it. */
  tail(): RedisLine
  /** Ends the sampling connection within half a second, whether the server takes part or not. */
  close(): Promise<void>
}

// Dialling and answer together, so that an attempt with a ride of 90 ms ends below its 800 ms.
const ANSWER_WITHIN: Millis = 650

interface Rider {
  readonly commands: readonly RedisCommand[]
  readonly board: (replies: readonly RedisReply[]) => void
}

/**
 * Prepares the connection; nothing is dialled before the first command.
 * @throws Error when the settings are contradictory
 */
export function openRedis(settings: RedisSettings): RedisConnection {
  const { server, secrets, dial } = redisClients(settings)
  const cost = { connections: 0, commands: 0, roundTrips: 0, failures: 0, spent: 0 }
  const explain = (fault: unknown) => withoutSecrets(redisUnavailable(fault, server), secrets)
  const line = new RedisLine(dial, explain, cost)
  const blocks = settings.cluster === undefined
  let riders: Rider[] = []
  let departure: NodeJS.Timeout | undefined

  async function depart(): Promise<void> {
    clearTimeout(departure)
    departure = undefined
    const boarded = riders
    riders = []
    const replies = await line.run(
      boarded.flatMap(({ commands }) => commands),
      ANSWER_WITHIN,
    )
    let from = 0
    for (const { commands, board } of boarded) board(replies.slice(from, (from += commands.length)))
  }

  function run(commands: readonly RedisCommand[], ride: Millis = 0): Promise<readonly RedisReply[]> {
    return new Promise((board) => {
      riders.push({ commands, board })
      if (ride === 0) void depart()
      else departure ??= setTimeout(() => void depart(), ride)
    })
  }

  return {
    cost,
    blocks,
    run,
    runOnPrimaries: (command, ride) =>
      blocks ? run([command], ride) : line.runOnPrimaries(command, ANSWER_WITHIN),
    runAnywhere: (commands) => line.runAnywhere(commands, ANSWER_WITHIN),
    tail: () => new RedisLine(dial, explain, cost),
    async close() {
      await line.close()
      // Commands that wait for a ride fail now.
      if (departure !== undefined) await depart()
    },
  }
}

/** No message should hold a password; should a server repeat one, it goes no further. */
function withoutSecrets(unavailable: Unavailable, secrets: readonly string[]): Unavailable {
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), unavailable.message)
  return { ...unavailable, message }
}
