import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { redisMemoryUsed, streamExists } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { whyUnavailable, lookOnce, platformStreamsProbe, valueIn } from '../support/redis.ts'

const audit = 'caracal.audit.events'
const opened: RedisConnection[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((redis) => redis.close()))
})

function open(settings: RedisSettings): RedisConnection {
  const redis = openRedis(settings)
  opened.push(redis)
  return redis
}

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
    expect(valueIn(await lookOnce(platformStreamsProbe(redis)), streamExists, { stream: audit })).toBe(0)
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
