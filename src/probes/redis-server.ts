import {
  redisEvictedKeys,
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from '../rules/signals.ts'
import type { RedisCommand, RedisConnection } from '../connections/redis.ts'
import { read, type Signal } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { ProbeError, blindLook, joined, type Look, type Pace, type Probe } from './probe.ts'
import { decodeInfo, type Persistence, type ServerFacts } from './redis-info.ts'
import { notUnderstood, redisTarget, valueOf } from './redis.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { redisReasons } from './reasons.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

// In the brisk cadence there is always a look at the streams within 100 ms to ride along with.
const RIDE: Millis = 90

// With the replication, so that the connection need not ask for the role besides.
const command: RedisCommand = ['INFO', 'memory', 'persistence', 'stats', 'errorstats', 'replication']

const about = {
  name: 'redis-server',
  provides: [
    redisMemoryUsed,
    redisMemoryLimit,
    redisRejectedWrites,
    redisEvictedKeys,
    redisNoEviction,
    redisPersistence,
  ],
} as const
const advice = 'switch off the checks that need it, or, for memory, configure the limit'
const reasons = {
  redis_info_missing: ['INFO of Redis leaves the field out', `# ${advice}: redis.memoryLimit`],
} as const satisfies Reasons
const why = reasonsOf({ ...redisReasons, ...reasons })

export const declaration: Declaration = {
  ...about,
  reads: 'memory, eviction, persistence and refused writes of Redis',
  asks: 'redis',
  pace,
  needs: {
    commands: [
      {
        rule: '+info',
        without: 'so all of Redis is unknown: a primary can not be told from a replica',
        blinds: true,
        tries: () => [['INFO', 'server']],
      },
    ],
  },
  reasons,
  open: ({ redis, redisMemoryLimit: limit }) => redisServer(redis, limit),
}

/**
 * Looks at memory, eviction, persistence and refused writes. Of a cluster it tells the fullest primary, and what goes
 * wrong on any.
 *
 * @param memoryLimit bytes that Redis may use, when the server itself does not know its limit
 */
export function redisServer(redis: RedisConnection, memoryLimit?: number): Probe {
  let last: { readonly facts: readonly ServerFacts[]; readonly look: Look } | undefined

  /** Of the same servers that say the same the same look. */
  function lookOf(said: readonly ServerFacts[]): Look {
    const facts = said.map((server, at) => steadied(server, last?.facts[at], memoryLimit))
    if (last === undefined || !areSameFacts(facts, last.facts))
      last = { facts, look: joined([memoryLook(facts, memoryLimit), countsLook(facts), settingsLook(facts)]) }
    return last.look
  }

  return {
    ...about,
    targets: () => [redisTarget],
    pace: () => pace,
    async look() {
      const replies = await redis.runOnPrimaries(command, RIDE)
      const facts = replies.map((reply) => factsOf(valueOf(reply)))
      if (facts.length === 0) throw new ProbeError(notUnderstood('no primary'))
      return lookOf(facts)
    },
  }
}

/** @throws ProbeError for a server whose figures mean nothing now */
function factsOf(value: unknown): ServerFacts {
  if (typeof value !== 'string') throw new ProbeError(notUnderstood('something else than INFO'))
  const facts = decodeInfo(value)
  if (facts.loading)
    throw new ProbeError(
      why('unreachable', 'redis_loading', 'Redis is loading its data set from disk: wait until it is done'),
    )
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
  const rejected = facts.map(({ rejectedWrites }) => rejectedWrites)
  const evicted = facts.map(({ evictedKeys }) => evictedKeys)
  return joined([
    summed(redisRejectedWrites, rejected, 'errorstats'),
    summed(redisEvictedKeys, evicted, 'evicted_keys'),
  ])
}

function summed(signal: Signal<never>, counts: readonly (number | undefined)[], what: string): Look {
  const known = counts.filter((count) => count !== undefined)
  if (known.length < counts.length) return leftOut(signal, what)
  const sum = known.reduce((a, b) => a + b, 0)
  return { readings: [read(signal, {}, sum)] }
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

/** Of its limit; so much memory comes and goes with every command. */
const AT_REST = 0.001

/** The facts, with the memory that was told before where it is at most so little more than is used now. */
function steadied(
  server: ServerFacts,
  before: ServerFacts | undefined,
  configured: number | undefined,
): ServerFacts {
  const memory = memoryOf(server, configured)
  const told = before?.usedMemory
  if (memory === undefined || told === undefined) return server
  const isAtRest = told >= memory.used && told - memory.used <= AT_REST * memory.limit
  return isAtRest ? { ...server, usedMemory: told } : server
}

function areSameFacts(facts: readonly ServerFacts[], others: readonly ServerFacts[]): boolean {
  return facts.length === others.length && facts.every((server, at) => isSameServer(server, others[at]))
}

function isSameServer(server: ServerFacts, other: ServerFacts | undefined): boolean {
  for (const name in server)
    if (server[name as keyof ServerFacts] !== other?.[name as keyof ServerFacts]) return false
  return true
}

/** Managed servers leave fields out; that they are missing says nothing of what they would have said. */
function leftOut(signal: Signal<never>, what: string): Look {
  const message = `INFO of Redis says nothing of ${what}: ${advice}`
  return blindLook([signal], {}, why('ambiguous', 'redis_info_missing', message))
}
