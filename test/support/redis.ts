import { Redis } from 'ioredis'
import { afterEach, expect } from 'vitest'
import { platformStreams } from '../../src/rules/platform.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import type { BlindSpot } from '../../src/core/observation.ts'
import type { Labels, Reading, Signal } from '../../src/core/signal.ts'
import { ProbeError, type Look, type Probe } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { redisStreams } from '../../src/probes/redis-streams.ts'

/** A client for what the platform does to Redis in a test. */
export function platformClient(url: string, options: { readonly password?: string } = {}): Redis {
  const client = new Redis(url, { ...options, protocol: 2, enableReadyCheck: false, disableClientInfo: true })
  client.on('error', () => {})
  return client
}

/** Looks once, at the probe's only target. */
export async function lookOnce(probe: Probe): Promise<Look> {
  const [target] = probe.targets()
  if (target === undefined) throw new Error(`${probe.name} has no target`)
  return probe.look(target, new AbortController().signal)
}

/** Why a look saw nothing. */
export async function whyUnavailable(probe: Probe): Promise<ProbeError> {
  const seen = await lookOnce(probe).catch((error: unknown) => error)
  if (seen instanceof ProbeError) return seen
  throw new Error(`expected ProbeError, got ${JSON.stringify(seen)}`, { cause: seen })
}

export function readingOf(look: Look, signal: Signal, labels: Labels = {}): Reading | undefined {
  return look.readings.find((reading) => reading.signal === signal.name && matches(reading.labels, labels))
}

/** The value of a signal; undefined where there is no reading. */
export function valueIn(look: Look, signal: Signal, labels: Labels = {}): number | undefined {
  return readingOf(look, signal, labels)?.value
}

export function spotIn(look: Look, signal: Signal, labels: Labels = {}): BlindSpot | undefined {
  return look.blindSpots?.find((spot) => spot.signal === signal.name && matches(spot.labels, labels))
}

function matches(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}

/** The look at all streams of the platform, whose replicas nobody named. */
export function platformStreamsProbe(redis: RedisConnection): Probe {
  return redisStreams(redis, { streams: platformStreams, hostnames: () => [], lagLimit: 1_000 })
}

/** Opens connections that are closed after each test. */
export function redisConnections() {
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

  return { open, unavailable }
}

export function isSeen(look: Look | ProbeError): look is Look {
  return !(look instanceof ProbeError)
}

/** Looks until it sees something; the time limit of the test ends it otherwise. */
export async function untilSeen(redis: RedisConnection): Promise<Look> {
  return untilLook(redis, isSeen) as Promise<Look>
}

/** Looks until it sees, or fails to see, what is wanted. */
export async function untilLook(
  redis: RedisConnection,
  wanted: (look: Look | ProbeError) => boolean,
): Promise<Look | ProbeError> {
  const probe = platformStreamsProbe(redis)
  let last: Look | ProbeError | undefined
  await expect
    .poll(
      async () => {
        last = await lookOnce(probe).catch((error: unknown) => error as ProbeError)
        return wanted(last)
      },
      { timeout: 20_000 },
    )
    .toBe(true)
  return last as Look | ProbeError
}
