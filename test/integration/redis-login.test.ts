import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams } from '../../src/rules/platform.ts'
import { streamExists } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError, type Look } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import {
  whyUnavailable,
  lookOnce,
  platformClient,
  platformStreamsProbe,
  spotIn,
  valueIn,
} from '../support/redis.ts'

const audit = { stream: 'caracal.audit.events' }
const opened: RedisConnection[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((redis) => redis.close()))
})

function open(settings: RedisSettings): RedisConnection {
  const redis = openRedis(settings)
  opened.push(redis)
  return redis
}

/** Why both probes see nothing; they must agree. */
async function unavailable(settings: RedisSettings): Promise<ProbeError> {
  const redis = open(settings)
  const seen = await whyUnavailable(platformStreamsProbe(redis))
  expect((await whyUnavailable(redisServer(redis))).reason).toBe(seen.reason)
  return seen
}

const sees = (seen: Look | ProbeError) => !(seen instanceof ProbeError)

describe('a login', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({
      users: [
        'user default on >s3cret-word ~* &* +@all',
        // The least that the three looks need, as it is documented.
        'user gate on >gate-pass resetchannels %R~caracal.* -@all +time +info +xinfo|stream +xread +xrange +xpending',
        'user keys on >gate-pass resetchannels %R~caracal.audit.* -@all +time +info +xinfo|stream +xread',
        'user timeless on >gate-pass resetchannels %R~caracal.* -@all +info +xinfo|stream',
      ],
    })
  })
  afterAll(() => server?.stop())
  const url = () => `redis://127.0.0.1:${server.port}`

  test('that may not select its database never looks at another one', async () => {
    const seen = await unavailable({ url: `${url()}/1`, username: 'gate', password: 'gate-pass' })
    expect(seen).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_not_permitted' })
    expect(seen.message).toContain('+select')
  })

  test('NOAUTH is unauthorized', async () => {
    expect(await unavailable({ url: url() })).toMatchObject({
      unknownReason: 'unauthorized',
      reason: 'redis_unauthorized',
    })
  })

  test('WRONGPASS is unauthorized, and no message holds a password', async () => {
    const wrong = `redis://default:wr0ng-word@127.0.0.1:${server.port}`
    const seen = await unavailable({ url: wrong })
    expect(seen).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_unauthorized' })
    expect(`${seen.message} ${seen.stack}`).not.toMatch(/wr0ng-word|default:/)
  })

  test('user and password beside the url come before those in it', async () => {
    const redis = open({
      url: `redis://a:b@127.0.0.1:${server.port}`,
      username: 'gate',
      password: 'gate-pass',
    })
    expect(valueIn(await lookOnce(platformStreamsProbe(redis)), streamExists, audit)).toBe(0)
  })

  test('the documented ACL line is enough for all three looks', async () => {
    const redis = open({ url: url(), username: 'gate', password: 'gate-pass' })
    const platform = platformClient(url(), { password: 's3cret-word' })
    // A fresh group with unread entries, and entries that were trimmed while pending: both need counting.
    await platform.xadd('caracal.audit.events', '1-1', 'a', 'b')
    await platform.xgroup('CREATE', 'caracal.audit.events', 'audit-ingestor', '$')
    for (const id of ['2-1', '3-1', '4-1', '5-1']) await platform.xadd('caracal.audit.events', id, 'a', 'b')
    await platform.xreadgroup(
      'GROUP',
      'audit-ingestor',
      'c',
      'COUNT',
      3,
      'STREAMS',
      'caracal.audit.events',
      '>',
    )
    await platform.xtrim('caracal.audit.events', 'MAXLEN', 2)
    expect((await lookOnce(platformStreamsProbe(redis))).blindSpots).toEqual([])
    expect((await lookOnce(redisServer(redis))).blindSpots).toEqual([])
    const stop = new AbortController()
    const looks: (Look | ProbeError)[] = []
    const watch = deadLetters(redis, deadLetterStreams)
    const following = watch.follow(
      { id: 'redis', labels: {} },
      (seen) => {
        looks.push(seen)
        if (looks.length === 2) stop.abort()
      },
      stop.signal,
    )
    await delay(200)
    await platform.xadd('caracal.audit.events.dlq', '*', 'a', 'b')
    await following
    expect(looks.every(sees)).toBe(true)
    platform.disconnect()
  })

  test('NOPERM on some streams blinds those and names the missing right', async () => {
    const seen = await lookOnce(
      platformStreamsProbe(open({ url: url(), username: 'keys', password: 'gate-pass' })),
    )
    expect(valueIn(seen, streamExists, audit)).toBeDefined()
    const spot = spotIn(seen, streamExists, { stream: 'caracal.sessions.revoke' })
    expect(spot).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_not_permitted' })
    expect(spot?.message).toContain('%R~caracal.*')
  })

  test('NOPERM on a command names it', async () => {
    const redis = open({ url: url(), username: 'timeless', password: 'gate-pass' })
    const seen = await whyUnavailable(platformStreamsProbe(redis))
    expect(seen).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_not_permitted' })
    expect(seen.message).toContain('+time')
  })
})
