import { setTimeout as pause } from 'node:timers/promises'
import type { Daemon } from './daemon.ts'
import type { Gates } from './gates.ts'
import { linesAMinute, type Logged } from './log-lines.ts'
import type { Platform } from './platform.ts'
import { redisCommandTime, watchCommands } from './redis-cost.ts'
import type { Stores } from './stores.ts'
import { sumOf, turnIn } from './samples.ts'
import { now } from './statistics.ts'
import { cpuOf } from './usage.ts'

/** Per second, of one daemon. */
export type Cost = {
  readonly cpu: number
  readonly evaluation: { readonly perSecond: number; readonly milliseconds: number }
  /** Attempts at targets. */
  readonly looks: number
  /** The longest that the event loop was busy, milliseconds. */
  readonly turn: number
  readonly statements: { readonly perSecond: number; readonly milliseconds: number }
  readonly redis: {
    readonly commands: number
    readonly roundTrips: number
    readonly byCommand: Readonly<Record<string, number>>
  }
  /** Requests by service and path, 429 counted apart. */
  readonly requests: Readonly<Record<string, number>>
  readonly throttled: number
  /** Log lines a minute of one replica of each service. */
  readonly lines: Logged
}

type Spot = {
  readonly at: number
  readonly cpu: number
  readonly evaluations: number
  readonly evaluationSeconds: number
  readonly calls: number
  readonly milliseconds: number
  readonly looks: number
  /** Since the spot before, as the metric begins anew with each scrape. */
  readonly turn: number
  readonly requests: Readonly<Record<string, number>>
  readonly logged: Logged
}

/**
 * Measures daemons, the only ones that run, for `seconds`; what the platform counts is shared out among them.
 * @param meanwhile runs between the counts, for as long at most
 */
export async function costOf(
  daemons: readonly { readonly daemon: Daemon; readonly gates: Gates }[],
  { platform, stores }: { readonly platform: Platform; readonly stores: Stores },
  seconds: number,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly Cost[]> {
  const spot = (each: { readonly daemon: Daemon; readonly gates: Gates }) => spotOf(each, platform, stores)
  const before = await Promise.all(daemons.map(spot))
  const watching = watchCommands(stores.redis, platform.redis.url, seconds)
  const [commands] = await Promise.all([watching, meanwhile()])
  const after = await Promise.all(daemons.map(spot))
  return daemons.map((_, index) => {
    const [first, last] = [before[index], after[index]]
    if (first === undefined || last === undefined) throw new RangeError('a daemon was not measured')
    return costBetween(first, last, { daemons: daemons.length, replicas: replicasEach(platform) }, commands)
  })
}

function costBetween(
  first: Spot,
  last: Spot,
  { daemons, replicas }: { readonly daemons: number; readonly replicas: number },
  commands: Awaited<ReturnType<typeof watchCommands>>,
): Cost {
  const seconds = (last.at - first.at) / 1_000
  const evaluations = last.evaluations - first.evaluations
  const rate = (value: number) => value / seconds / daemons
  const requests = Object.fromEntries(
    Object.entries(last.requests).map(([key, count]) => [key, rate(count - (first.requests[key] ?? 0))]),
  )
  return {
    cpu: (last.cpu - first.cpu) / seconds,
    evaluation: {
      perSecond: evaluations / seconds,
      milliseconds: ((last.evaluationSeconds - first.evaluationSeconds) * 1_000) / evaluations,
    },
    looks: (last.looks - first.looks) / seconds,
    turn: last.turn,
    // The platform counts what all of them do.
    statements: {
      perSecond: rate(last.calls - first.calls),
      milliseconds: rate(last.milliseconds - first.milliseconds),
    },
    redis: {
      commands: commands.commands / daemons,
      roundTrips: commands.roundTrips / daemons,
      byCommand: Object.fromEntries(
        Object.entries(commands.byCommand).map(([name, count]) => [name, count / daemons]),
      ),
    },
    requests,
    throttled: Object.entries(last.requests).reduce(
      (sum, [key, count]) => (key.endsWith(' 429') ? sum + count - (first.requests[key] ?? 0) : sum),
      0,
    ),
    lines: linesAMinute(first.logged, last.logged, { seconds, replicas, daemons }),
  }
}

/** Of each service. */
function replicasEach({ replicas }: Platform): number {
  return replicas.filter(({ service }) => service === 'api').length
}

async function spotOf(
  { daemon, gates }: { readonly daemon: Daemon; readonly gates: Gates },
  platform: Platform,
  stores: Stores,
): Promise<Spot> {
  const metrics = await gates.text('/metrics')
  const sample = (name: string) => sumOf(metrics, `caracal_gate_exporter_${name}`)
  const [row] = await stores.sql<{ calls: string; spent: number }>(
    `SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(total_exec_time + total_plan_time), 0) AS spent
     FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname = 'caracal_gate'`,
  )
  return {
    at: now(),
    cpu: cpuOf(daemon.pid),
    evaluations: sample('evaluation_duration_seconds_count'),
    evaluationSeconds: sample('evaluation_duration_seconds_sum'),
    calls: Number(row?.calls),
    milliseconds: row?.spent ?? Number.NaN,
    looks: sample('probe_attempts_total'),
    turn: turnIn(metrics),
    requests: await requestsOf(platform),
    logged: await platform.logged(),
  }
}

/** By service, path and status. The STS's /health is asked by Gateways, never by the daemon. */
async function requestsOf(platform: Platform): Promise<Readonly<Record<string, number>>> {
  const counts = await platform.requests()
  const sums: Record<string, number> = {}
  for (const { service, url } of platform.replicas)
    for (const [key, count] of Object.entries(counts[new URL(url).port] ?? {}))
      if (service !== 'sts' || !key.startsWith('/health '))
        sums[`${service} ${key}`] = (sums[`${service} ${key}`] ?? 0) + count
  return sums
}

/** Milliseconds of commands that Redis carries out in a second, for all clients. */
export async function redisTimePerSecond(stores: Stores, seconds: number): Promise<number> {
  const [start, before] = [now(), await redisCommandTime(stores.redis)]
  await pause(seconds * 1_000)
  return ((await redisCommandTime(stores.redis)) - before) / ((now() - start) / 1_000)
}
