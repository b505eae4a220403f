import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams } from '../../src/rules/platform.ts'
import { redisMemoryUsed, streamExists } from '../../src/rules/signals.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import type { Look, ProbeError } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import {
  isSeen,
  lookOnce,
  platformClient,
  platformStreamsProbe,
  redisConnections,
  spotIn,
  valueIn,
  whyUnavailable,
} from '../support/redis.ts'

const audit = { stream: 'caracal.audit.events' }
const { open, unavailable } = redisConnections()

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
    await expect.poll(() => looks.length).toBeGreaterThan(0)
    await platform.xadd('caracal.audit.events.dlq', '*', 'a', 'b')
    await following
    expect(looks.every(isSeen)).toBe(true)
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

describe('TLS', () => {
  const authority = certificateAuthority()
  const { cert, key } = authority.issue('redis.example')
  let folder: string
  let server: RedisServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gate-redis-'))
    const files = {
      certFile: join(folder, 'a.crt'),
      keyFile: join(folder, 'a.key'),
      caFile: join(folder, 'ca.crt'),
    }
    await writeFile(files.certFile, cert)
    await writeFile(files.keyFile, key)
    await writeFile(files.caFile, authority.ca)
    server = await startRedis({ tls: files })
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('a certificate of a known CA and for the configured name is trusted', async () => {
    const redis = open({ url: server.url, tls: { ca: authority.ca, servername: 'redis.example' } })
    expect(valueIn(await lookOnce(platformStreamsProbe(redis)), streamExists, audit)).toBe(0)
  })

  test('tls settings make TLS of a redis:// url', async () => {
    const url = server.url.replace('rediss:', 'redis:')
    const redis = open({ url, tls: { ca: authority.ca, servername: 'redis.example' } })
    expect(valueIn(await lookOnce(redisServer(redis)), redisMemoryUsed)).toBeGreaterThan(0)
  })

  test.each([
    ['another host name', { ca: authority.ca, servername: 'other.example' }, 'servername'],
    ['no host name in the certificate', { ca: authority.ca }, 'servername'],
    ['an unknown CA', { ca: certificateAuthority().ca, servername: 'redis.example' }, 'CA'],
    ['no CA at all', {}, 'CA'],
    ['a CA that is no PEM text', { ca: 'nonsense', servername: 'redis.example' }, 'CA'],
  ])('%s is never trusted', async (_, tls, advice) => {
    const seen = await whyUnavailable(platformStreamsProbe(open({ url: server.url, tls })))
    expect(seen).toMatchObject({ unknownReason: 'unreachable', reason: 'redis_tls' })
    expect(seen.message).toContain(advice)
  })

  test('verification can not be switched off by the url', async () => {
    const seen = await whyUnavailable(
      platformStreamsProbe(open({ url: `${server.url}?rejectUnauthorized=false` })),
    )
    expect(seen.reason).toBe('redis_tls')
  })

  test('plain text to a TLS port and TLS to a plain port are told', async () => {
    const plain = await startRedis()
    const seen = await whyUnavailable(
      platformStreamsProbe(open({ url: server.url.replace('rediss:', 'redis:') })),
    )
    expect(['redis_reset', 'redis_protocol']).toContain(seen.reason)
    const other = await whyUnavailable(
      platformStreamsProbe(open({ url: plain.url.replace('redis:', 'rediss:') })),
    )
    expect(['redis_reset', 'redis_tls', 'redis_timeout']).toContain(other.reason)
    await plain.stop()
  })
})
