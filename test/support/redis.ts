import { Redis } from 'ioredis'
import { platformStreams } from '../../src/rules/platform.ts'
import type { RedisConnection } from '../../src/connections/redis.ts'
import type { BlindSpot } from '../../src/core/observation.ts'
import type { Labels, Reading, Signal } from '../../src/core/signal.ts'
import { ProbeError, type Look, type Probe } from '../../src/probes/probe.ts'
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
