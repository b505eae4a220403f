import { describe, expect, test } from 'vitest'
import { redisUnavailable } from '../../../src/connections/redis-unavailable.ts'
import {
  type RedisCommand,
  roleFaultIn,
  roleQuestion,
  sendToPrimary,
  tellsRole,
} from '../../../src/connections/redis-wire.ts'

const primary = '# Replication\r\nrole:master\r\nconnected_slaves:0\r\n'
const replica =
  '# Replication\r\nrole:slave\r\nmaster_host:cache-0\r\nmaster_port:6380\r\nmaster_link_status:up\r\n'

describe('R67: only what a primary says proves anything', () => {
  test('X90: a primary has no fault', () => {
    expect(roleFaultIn(primary)).toBeUndefined()
  })

  test.each([
    ['a replica', replica, 'redis_replica', 'is a replica of cache-0:6380, whose'],
    [
      'a replica without a link',
      replica.replace('status:up', 'status:down'),
      'redis_replica',
      'of cache-0:6380, to which its link is down',
    ],
    ['a replica of nothing', 'role:slave\r\n', 'redis_replica', 'of an unknown host, to which'],
    ['another role', 'role:sentinel\r\n', 'redis_role_unknown', 'role sentinel'],
    ['no role', '# Replication\r\n', 'redis_role_unknown', 'role missing'],
    ['two roles', 'role:master\r\nrole:slave\r\n', 'redis_role_unknown', 'role missing'],
    ['a role within a line', 'x role:master\r\n', 'redis_role_unknown', 'role missing'],
    ['a list', ['role:master'], 'redis_role_unknown', 'role missing'],
    ['nothing', null, 'redis_role_unknown', 'role missing'],
  ])('X90: %s is unknown', (_, info, reason, words) => {
    const unavailable = redisUnavailable(roleFaultIn(info), 'Redis at a:1')
    expect(unavailable.reason).toBe(reason)
    expect(unavailable.message).toContain(words)
  })
})

/** Answers INFO with `info` and everything else with its own name; keeps what it was asked. */
function server(info: unknown) {
  const asked: RedisCommand[] = []
  return {
    asked,
    send: (commands: readonly RedisCommand[]) => {
      asked.push(...commands)
      return Promise.resolve(
        commands.map((command) => [null, tellsRole(command) ? info : command[0]] as const),
      )
    },
  }
}

describe('X90: the role is asked in the same round trip', () => {
  test('X90: of a primary the answers to the commands alone are given', async () => {
    const { send, asked } = server(primary)
    expect(await sendToPrimary(send, [['TIME'], ['XINFO', 'STREAM', 'a']])).toEqual([
      [null, 'TIME'],
      [null, 'XINFO'],
    ])
    expect(asked.at(-1)).toEqual(roleQuestion)
  })

  test('X90: a command that tells the role is enough', async () => {
    const { send, asked } = server(primary)
    const commands: RedisCommand[] = [['INFO', 'memory', 'replication'], ['TIME']]
    expect(await sendToPrimary(send, commands)).toEqual([
      [null, primary],
      [null, 'TIME'],
    ])
    expect(asked).toEqual(commands.toReversed())
  })

  test('X90: of a replica every answer is the fault, that to INFO too', async () => {
    const pairs = await sendToPrimary(server(replica).send, [['TIME'], ['INFO', 'memory', 'replication']])
    expect(pairs.map(([fault]) => fault)).toMatchObject([
      { code: 'REDIS_REPLICA' },
      { code: 'REDIS_REPLICA' },
    ])
  })

  test.each([
    ['one too many', ['OK', '1', '2', primary]],
    ['one missing', ['2', primary]],
    ['one that is another', ['1', primary, '2']],
  ])('X82: of replies of which there is %s none is believed', async (_, replies) => {
    const send = (commands: readonly RedisCommand[]) =>
      Promise.resolve(commands.map((__, at) => [null, replies[at]] as const).slice(0, replies.length))
    const pairs = await sendToPrimary(send, [['TIME'], ['XINFO', 'STREAM', 'a']])
    expect(pairs.map(([fault]) => fault)).toMatchObject([{ code: 'REDIS_ROLE' }, { code: 'REDIS_ROLE' }])
  })

  test('X90: a role that may not be asked is no primary', async () => {
    const refused = Object.assign(
      new Error("NOPERM User gate has no permissions to run the 'info' command"),
      {
        name: 'ReplyError',
      },
    )
    const send = (commands: readonly RedisCommand[]) =>
      Promise.resolve(commands.map((command) => [tellsRole(command) ? refused : null, 'OK'] as const))
    const [pair] = await sendToPrimary(send, [['TIME']])
    expect(redisUnavailable(pair?.[0], 'Redis at a:1')).toMatchObject({ reason: 'redis_not_permitted' })
    expect(redisUnavailable(pair?.[0], 'Redis at a:1').message).toContain('+info')
  })
})
