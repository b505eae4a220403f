import {
  redisEvictedKeys,
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from '../rules/signals.ts'
import { onlyField, type RedisCommand, type RedisConnection } from '../connections/redis.ts'
import { read, type Signal } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { ProbeError, blindLook, joined, type Look, type Pace, type Probe } from './probe.ts'
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
  return {
    ...about,
    targets: () => [redisTarget],
    pace: () => pace,
    async look() {
      const replies = await redis.runOnPrimaries(command, RIDE)
      const facts = replies.map((reply) => factsOf(valueOf(reply)))
      if (facts.length === 0) throw new ProbeError(notUnderstood('no primary'))
      return joined([memoryLook(facts, memoryLimit), countsLook(facts), settingsLook(facts)])
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

/** Managed servers leave fields out; that they are missing says nothing of what they would have said. */
function leftOut(signal: Signal<never>, what: string): Look {
  const message = `INFO of Redis says nothing of ${what}: ${advice}`
  return blindLook([signal], {}, why('ambiguous', 'redis_info_missing', message))
}

/** What `INFO` says of one server, as far as it is needed; what a server leaves out is undefined. */
export interface ServerFacts {
  readonly loading: boolean
  readonly usedMemory: number | undefined
  readonly maxMemory: number | undefined
  readonly systemMemory: number | undefined
  readonly evictionPolicy: string | undefined
  readonly evictedKeys: number | undefined
  /** Commands refused for lack of memory or because Redis can't persist, since it started. */
  readonly rejectedWrites: number | undefined
  readonly persistence: Persistence | undefined
}

export interface Persistence {
  readonly ok: boolean
  /** How it persists, or what is wrong. */
  readonly detail: string
}

/** Decodes the reply to `INFO`: of its two hundred lines those that are needed. */
export function decodeInfo(info: string): ServerFacts {
  return {
    loading: onlyField(info, 'loading') === '1',
    usedMemory: numberIn(info, 'used_memory'),
    maxMemory: numberIn(info, 'maxmemory'),
    systemMemory: numberIn(info, 'total_system_memory'),
    evictionPolicy: onlyField(info, 'maxmemory_policy'),
    evictedKeys: numberIn(info, 'evicted_keys'),
    // The section is there, and empty, when nothing was refused yet.
    rejectedWrites: /^# Errorstats\s*$/m.test(info)
      ? errorsIn(info, 'OOM') + errorsIn(info, 'MISCONF')
      : undefined,
    persistence: persistenceIn(info),
  }
}

/**
 * The platform's configuration has `appendonly yes`, and saves a snapshot beside it whose failure makes Redis refuse
 * writes. Without the append-only file, snapshots do, once one was seen: `INFO` does not say whether any is due.
 */
function persistenceIn(info: string): Persistence | undefined {
  const appends = onlyField(info, 'aof_enabled')
  const written = onlyField(info, 'aof_last_write_status')
  const saved = onlyField(info, 'rdb_last_bgsave_status')
  const saves = numberIn(info, 'rdb_saves')
  if (appends === undefined || saved === undefined) return undefined
  if (appends === '1' && written === undefined) return undefined
  if (appends !== '1' && saves === undefined) return undefined
  if (saved !== 'ok') return { ok: false, detail: 'the last save of a snapshot failed' }
  if (appends === '1')
    return written === 'ok'
      ? { ok: true, detail: 'append-only file' }
      : { ok: false, detail: 'the last write to the append-only file failed' }
  return saves === 0
    ? { ok: false, detail: 'the append-only file is off and no snapshot was saved since the server started' }
    : { ok: true, detail: 'snapshots only: the append-only file is off' }
}

function numberIn(info: string, name: string): number | undefined {
  const text = onlyField(info, name)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function errorsIn(info: string, kind: string): number {
  return Number(/^count=(\d{1,15})$/.exec(onlyField(info, `errorstat_${kind}`) ?? '')?.[1] ?? 0)
}
