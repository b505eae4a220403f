import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { startRedis } from '../../rig/redis.ts'
import { openRedis, type RedisSettings } from '../../src/connections/redis.ts'
import {
  bulk,
  endless,
  loggedIn,
  redisImpostor,
  type Answer,
  type RedisImpostor,
} from '../support/redis-impostor.ts'
import { startLooker, type Looker } from '../support/redis-looker-process.ts'

const megabyte = Buffer.alloc(1024 * 1024, 'a')
let looker: Looker
let impostor: RedisImpostor | undefined

beforeAll(() => {
  looker = startLooker()
})
afterEach(() => impostor?.close())
afterAll(() => looker.close())

const saying = (text: string, piece?: Buffer) => (socket: Parameters<Answer>[0]) => {
  socket.write(text)
  if (piece !== undefined) endless(socket, piece)
}

/** What a server says that nobody should read. */
const attacks: Readonly<Record<string, readonly [say: Answer, reason: string]>> = {
  'a text of 512 MB': [saying('$536870912\r\n', megabyte), 'redis_answer_too_large'],
  'a length of a gigabyte': [saying('$1073741824\r\n'), 'redis_answer_too_large'],
  'a line without an end': [saying('+', megabyte), 'redis_answer_too_large'],
  'a list of four billion': [saying('*4294967295\r\n'), 'redis_answer_too_large'],
  'lists without a bottom': [saying('', Buffer.from('*1\r\n'.repeat(10_000))), 'redis_answer_too_large'],
  'numbers without an end': [
    saying('*400000\r\n', Buffer.from(':1\r\n'.repeat(100_000))),
    'redis_unsolicited',
  ],
  'replies without an end': [saying('', Buffer.from('+OK\r\n'.repeat(100_000))), 'redis_unsolicited'],
  'a type of RESP3': [saying('%1\r\n+a\r\n+b\r\n'), 'redis_protocol'],
  'a push of RESP3': [saying('>2\r\n+invalidate\r\n*0\r\n'), 'redis_protocol'],
  'a text that is longer than its length': [saying('$1\r\nabc\r\n'), 'redis_protocol'],
  'an end amid an answer': [(socket) => socket.end('$10\r\nabc'), 'redis_reset'],
}

describe('X82: what a server sends is bounded, and ends a look with a reason', () => {
  test.each(Object.entries(attacks))('X82: %s', async (_, [say, reason]) => {
    impostor = await redisImpostor(loggedIn(say))
    const {
      seen: [seen = []],
      rss,
    } = await looker.look({ url: `redis://127.0.0.1:${impostor.port}` })
    expect(seen.map((one) => one.reason)).toEqual([reason, reason, reason])
    // The process alone takes about 100.
    expect(rss).toBeLessThan(250)
  })

  test.each(Object.entries(attacks))('X82: at the login: %s', async (_, [say]) => {
    impostor = await redisImpostor(say)
    const {
      seen: [seen = []],
      rss,
    } = await looker.look({ url: `redis://127.0.0.1:${impostor.port}`, password: 'x' })
    expect(seen.every((one) => one.reason !== undefined && one.readings.length === 0)).toBe(true)
    expect(rss).toBeLessThan(250)
  })

  test('X82: over TLS: a text of 512 MB', async () => {
    const authority = certificateAuthority()
    const [say, reason] = attacks['a text of 512 MB'] ?? []
    impostor = await redisImpostor(loggedIn(say ?? (() => {})), authority.issue('redis.example'))
    const {
      seen: [seen = []],
      rss,
    } = await looker.look({
      url: `rediss://127.0.0.1:${impostor.port}`,
      tls: { ca: authority.ca, servername: 'redis.example' },
    })
    expect(seen.map((one) => one.reason)).toEqual([reason, reason, reason])
    expect(rss).toBeLessThan(250)
  })

  const elsewhere: readonly (readonly [string, (port: number) => RedisSettings])[] = [
    ['a sentinel', (port) => ({ sentinel: { name: 'a', nodes: [{ host: '127.0.0.1', port }] } })],
    ['a node of a cluster', (port) => ({ cluster: { nodes: [{ host: '127.0.0.1', port }] } })],
  ]
  const topologies = elsewhere.flatMap(([who, settings]) =>
    [
      ...Object.entries(attacks).map(([name, [say]]) => [name, say] as const),
      ['null', saying('*-1\r\n')] as const,
      ['lists of nothing', saying('*2\r\n*-1\r\n*0\r\n')] as const,
      ['a billion slots', saying('*1\r\n*3\r\n:0\r\n:1000000000\r\n*2\r\n$1\r\na\r\n:1\r\n')] as const,
      ['ports that are none', saying(`*2\r\n${bulk('127.0.0.1')}${bulk('99999')}`)] as const,
    ].map(([name, say]) => [who, name, say, settings] as const),
  )
  test.each(topologies)('X82: by %s: %s', async (_, __, say, settings) => {
    impostor = await redisImpostor(loggedIn(say))
    const {
      seen: [seen = []],
      rss,
    } = await looker.look(settings(impostor.port))
    expect(seen.every((one) => one.reason !== undefined && one.readings.length === 0)).toBe(true)
    expect(rss).toBeLessThan(250)
  })

  test('X82: replies that come while nothing is asked end the connection, and the next look is whole', async () => {
    const server = await startRedis()
    impostor = await redisImpostor(
      loggedIn((socket) => {
        socket.write('*2\r\n$1\r\n1\r\n$1\r\n1\r\n')
        setTimeout(() => endless(socket, Buffer.from('+OK\r\n'.repeat(10_000))), 20)
      }),
    )
    const { port } = impostor
    const dialled = () => impostor?.dialled() ?? 0
    const redis = openRedis({ url: `redis://127.0.0.1:${port}` })
    expect(await redis.run([['TIME']])).toEqual([{ ok: true, value: ['1', '1'] }])
    await expect
      .poll(async () => (await redis.run([['TIME']])).length > 0 && dialled(), { timeout: 10_000 })
      .toBeGreaterThan(1)
    await redis.close()
    const honest = await looker.look({ url: server.url })
    expect(honest.seen[0]?.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined])
    await server.stop()
  })

  test('X82: a server that breaks the protocol at every look is not dialled at every look', async () => {
    impostor = await redisImpostor(loggedIn(saying('%0\r\n')))
    const redis = openRedis({ url: `redis://127.0.0.1:${impostor.port}` })
    for (let look = 0; look < 200; look += 1)
      expect(await redis.run([['TIME']])).toMatchObject([
        { ok: false, unavailable: { reason: 'redis_protocol' } },
      ])
    expect(impostor.dialled()).toBeLessThan(20)
    await redis.close()
  })
})
