import {
  redisEvictedKeys,
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from '../rules/signals.ts'
import type { RedisCommand, RedisConnection } from '../connections/redis.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { read, type Signal } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import type { Look, Pace, Probe } from './probe.ts'
import { decodeInfo, type Persistence, type ServerFacts } from './redis-info.ts'
import { probeError, joined, notUnderstood, redisTarget, valueOf } from './redis-look.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

// In the brisk cadence there is always a look at the streams within 100 ms to ride along with.
const RIDE: Millis = 90

// With the replication, so that the connection need not ask for the role besides.
const command: RedisCommand = ['INFO', 'memory', 'persistence', 'stats', 'errorstats', 'replication']

/**
 * Looks at memory, eviction, persistence and refused writes. Of a cluster it tells the fullest primary, and what goes
 * wrong on any.
 *
 * @param memoryLimit bytes that Redis may use, when the server itself does not know its limit
 */
export function redisServer(redis: RedisConnection, memoryLimit?: number): Probe {
  return {
    name: 'redis-server',
    provides: [
      redisMemoryUsed,
      redisMemoryLimit,
      redisRejectedWrites,
      redisEvictedKeys,
      redisNoEviction,
      redisPersistence,
    ],
    targets: () => [redisTarget],
    pace: () => pace,
    async look() {
      const replies = await redis.runOnPrimaries(command, RIDE)
      const facts = replies.map((reply) => factsOf(valueOf(reply)))
      if (facts.length === 0) throw probeError(notUnderstood('no primary'))
      return joined([memoryLook(facts, memoryLimit), countsLook(facts), settingsLook(facts)])
    },
  }
}

/** @throws ProbeError for a server whose figures mean nothing now */
function factsOf(value: unknown): ServerFacts {
  if (typeof value !== 'string') throw probeError(notUnderstood('something else than INFO'))
  const facts = decodeInfo(value)
  if (facts.loading)
    throw probeError({
      unknownReason: 'unreachable',
      reason: 'redis_loading',
      message: 'Redis is loading its data set from disk: wait until it is done',
    })
  return facts
}

interface Memory {
  readonly used: number
  readonly limit: number
  readonly source: string
}

function memoryLook(facts: readonly ServerFacts[], configured: number | undefined): Look {
  const memories = facts.map((server) => memoryOf(server, configured))
  const known = memories.filter((memory) => memory !== undefined)
  const [first, ...others] = known
  if (first === undefined || known.length < memories.length)
    return joined([redisMemoryUsed, redisMemoryLimit].map((signal) => leftOut(signal, 'memory')))
  const fullest = others.reduce((a, b) => (b.used / b.limit > a.used / a.limit ? b : a), first)
  return {
    readings: [
      read(redisMemoryUsed, {}, fullest.used),
      read(redisMemoryLimit, {}, fullest.limit, fullest.source),
    ],
  }
}

/** Without a maxmemory Redis may use all that its server has; 0 stands for none. */
function memoryOf(
  { usedMemory, maxMemory = 0, systemMemory = 0 }: ServerFacts,
  configured: number | undefined,
): Memory | undefined {
  if (usedMemory === undefined) return undefined
  if (configured !== undefined) return { used: usedMemory, limit: configured, source: 'as configured' }
  if (maxMemory > 0) return { used: usedMemory, limit: maxMemory, source: 'maxmemory of Redis' }
  return systemMemory > 0
    ? { used: usedMemory, limit: systemMemory, source: 'all memory of its server: Redis has no maxmemory' }
    : undefined
}

function countsLook(facts: readonly ServerFacts[]): Look {
  return joined([
    summed(
      redisRejectedWrites,
      facts.map(({ rejectedWrites }) => rejectedWrites),
      'errorstats',
    ),
    summed(
      redisEvictedKeys,
      facts.map(({ evictedKeys }) => evictedKeys),
      'evicted_keys',
    ),
  ])
}

function summed(signal: Signal<never>, counts: readonly (number | undefined)[], what: string): Look {
  const known = counts.filter((count) => count !== undefined)
  if (known.length < counts.length) return leftOut(signal, what)
  return {
    readings: [
      read(
        signal,
        {},
        known.reduce((sum, count) => sum + count, 0),
      ),
    ],
  }
}

function settingsLook(facts: readonly ServerFacts[]): Look {
  const policies = facts.map(({ evictionPolicy }) => evictionPolicy)
  const evicting = policies.find((policy) => policy !== 'noeviction' && policy !== undefined)
  const eviction =
    evicting === undefined && policies.includes(undefined)
      ? leftOut(redisNoEviction, 'maxmemory_policy')
      : { readings: [read(redisNoEviction, {}, evicting === undefined ? 1 : 0, evicting ?? 'noeviction')] }
  return joined([eviction, persistenceLook(facts.map(({ persistence }) => persistence))])
}

function persistenceLook(all: readonly (Persistence | undefined)[]): Look {
  const failing = all.find((persistence) => persistence?.ok === false)
  const shown = failing ?? (all.includes(undefined) ? undefined : all[0])
  return shown === undefined
    ? leftOut(redisPersistence, 'persistence')
    : { readings: [read(redisPersistence, {}, shown.ok ? 1 : 0, shown.detail)] }
}

/** Managed servers leave fields out; that they are missing says nothing of what they would have said. */
function leftOut(signal: Signal<never>, what: string): Look {
  const unavailable: Unavailable = {
    unknownReason: 'ambiguous',
    reason: 'redis_info_missing',
    message: `INFO of Redis says nothing of ${what}: ${advice}`,
  }
  return { readings: [], blindSpots: [blindSpot(signal, {}, unavailable)] }
}

const advice = 'switch off the checks that need it, or, for memory, configure the limit'
