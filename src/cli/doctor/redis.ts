import { setTimeout as delay } from 'node:timers/promises'
import { deadLetterStreams, platformStreams } from '../../rules/platform.ts'
import {
  openRedis,
  type RedisCommand,
  type RedisConnection,
  type RedisReply,
} from '../../connections/redis.ts'
import type { Unavailable } from '../../core/observation.ts'
import { commandNeeds } from '../../probes/index.ts'
import type { Area } from './area.ts'
import { judgeCommands, judgeLogin, judgeServer, type Tried } from './redis-verdicts.ts'

/** Whether the user may log in and use each command on each key that the looks use; every one is really sent. */
export const redis: Area = {
  name: 'redis',
  title: 'Redis',
  async check({ config }) {
    const client = openRedis(config.redis)
    const wanted = commandNeeds.flatMap(({ rule, tries }) =>
      tries(platformStreams, deadLetterStreams).map((command) => ({ rule, command })),
    )
    const user = config.redis.username ?? 'default'
    try {
      const replies = await patientReplies(
        client,
        wanted.map(({ command }) => command),
      )
      const tried = wanted.map(({ rule, command }, at): Tried => {
        const reply = replies[at]
        const key = command.slice(1).find((argument) => argument.startsWith('caracal.'))
        return {
          rule,
          ...(key !== undefined && { key }),
          ...(reply?.ok !== true && { unavailable: reply?.unavailable ?? unanswered }),
        }
      })
      const login = judgeLogin(tried, user)
      if (login.state === 'failed') return [login]
      // Each by itself: before Redis 7.0, two sections in one question are a syntax error.
      const [server, role] = await client.runAnywhere([
        ['INFO', 'server'],
        ['INFO', 'replication'],
      ])
      return [login, ...judgeServer(told(server), told(role)), ...judgeCommands(tried, user)]
    } finally {
      await client.close()
    }
  },
}

const unanswered: Unavailable = {
  unknownReason: 'unreachable',
  reason: 'redis_no_answer',
  message: 'Redis gave no answer',
}

function told(reply: RedisReply | undefined): string | Unavailable {
  if (reply?.ok !== true) return reply?.unavailable ?? unanswered
  return typeof reply.value === 'string' ? reply.value : unanswered
}

/** The exporter looks again at once; so a server that is slow for a moment is not called dead here either. */
async function patientReplies(
  client: RedisConnection,
  commands: readonly RedisCommand[],
): Promise<readonly RedisReply[]> {
  for (let attempt = 1; ; attempt += 1) {
    const replies = await client.runAnywhere(commands)
    const isLate = replies.some((reply) => !reply.ok && reply.unavailable.unknownReason === 'timeout')
    if (!isLate || attempt === 4) return replies
    // A connection that was given up is not dialled again before this.
    await delay(400)
  }
}
