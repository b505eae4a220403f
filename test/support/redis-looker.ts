import { once } from 'node:events'
import { deadLetterStreams } from '../../src/rules/platform.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import type { Reading } from '../../src/core/signal.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError, type Look, type Probe } from '../../src/probes/probe.ts'
import { observe } from '../../src/probes/observe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { platformStreamsProbe } from './redis.ts'

/** What came of one look, or of the first turn of a watch. */
export interface Seen {
  readonly probe: string
  /** Milliseconds. */
  readonly took: number
  readonly reason?: string
  readonly message?: string
  readonly readings: readonly Reading[]
  /** Reasons of what the look could not tell. */
  readonly blind: readonly string[]
}

/** What a process says of servers that it looked at. */
export interface Report {
  /** For each server that it was told to look at. */
  readonly seen: readonly (readonly Seen[])[]
  /** Largest so far, in megabytes. */
  readonly rss: number
  /** Spent on them, in milliseconds. */
  readonly cpu: number
}

/** Looks at one Redis with everything that looks at Redis. */
async function lookAtAll(settings: RedisSettings): Promise<readonly Seen[]> {
  const redis = openRedis(settings)
  try {
    const probes = [platformStreamsProbe(redis), redisServer(redis)]
    return await Promise.all([...probes.map((probe) => seenBy(probe)), firstTurn(redis)])
  } finally {
    await redis.close()
  }
}

async function seenBy(probe: Probe): Promise<Seen> {
  const [target] = probe.targets()
  if (target === undefined) throw new Error(`${probe.name} has no target`)
  const clock = { now: () => performance.now() }
  const faults: unknown[] = []
  const { took, outcome } = await observe(probe, target, clock, 1, (_, __, fault) => faults.push(fault))
  if (faults.length > 0) throw faults[0]
  if (!outcome.ok) {
    const { reason, message } = outcome
    return { probe: probe.name, took, reason, message, readings: [], blind: [] }
  }
  const blind = outcome.blindSpots.map(({ reason }) => reason)
  return { probe: probe.name, took, readings: outcome.readings, blind }
}

async function firstTurn(redis: RedisConnection): Promise<Seen> {
  const stop = new AbortController()
  const began = performance.now()
  let first: Look | ProbeError | undefined
  await deadLetters(redis, deadLetterStreams).follow(
    { id: 'redis', labels: {} },
    (look) => {
      first ??= look
      stop.abort()
    },
    stop.signal,
  )
  const base = { probe: 'dead-letters', took: performance.now() - began }
  if (first instanceof ProbeError)
    return { ...base, reason: first.reason, message: first.message, readings: [], blind: [] }
  return {
    ...base,
    readings: first?.readings ?? [],
    blind: (first?.blindSpots ?? []).map(({ reason }) => reason),
  }
}

// As a program: takes settings from its parent and answers with a report, until the parent is gone.
if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.on('message', (servers: readonly RedisSettings[]) => {
    const before = process.cpuUsage()
    void Promise.all(servers.map(lookAtAll)).then((seen) => {
      const { user, system } = process.cpuUsage(before)
      const rss = process.resourceUsage().maxRSS / 1024
      process.send?.({ seen, rss, cpu: (user + system) / 1_000 } satisfies Report)
    })
  })
  await once(process, 'disconnect')
}
