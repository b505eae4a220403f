import type { Counts } from './counts.ts'
import { table } from './table.ts'
import { short } from './statistics.ts'

/** A count or a ratio that may not grow. */
export type Guard = {
  readonly what: string
  readonly of: (counts: Counts) => number
  /** Above this the check fails: 1.5 times what was measured when it was set, unless a comment says otherwise. */
  readonly limit: number
  /** What it should be; undefined where no aim was set. */
  readonly aim?: number
  /** Where to begin when it has grown. */
  readonly advice: string
}

const lines = (of: Readonly<Record<string, number>>) => Math.max(...Object.values(of))
const sum = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((all, each) => all + each, 0)

/** All that is guarded. Rates go by the daemon's own clock: a machine that is busy makes them smaller. */
const guards: readonly Guard[] = [
  {
    what: 'evaluations for one attempt, brisk',
    of: ({ brisk: { cost } }) => cost.evaluation.perSecond / cost.looks,
    limit: 0.1,
    advice: 'an attempt whose outcome is the last one must not be judged: src/daemon/engine.ts',
  },
  {
    what: 'KB allocated for one attempt, brisk',
    of: ({ brisk: { cost, allocations } }) => allocations.bytesPerSecond / 1_000 / cost.looks,
    limit: 80,
    advice: 'the functions that allocate most are below',
  },
  {
    what: 'KB allocated in a second, quiet',
    of: ({ quiet: { allocations } }) => allocations.bytesPerSecond / 1_000,
    limit: 880,
    advice: 'the functions that allocate most are below',
  },
  {
    what: 'evaluations a second, quiet',
    of: ({ quiet: { cost } }) => cost.evaluation.perSecond,
    limit: 1.6,
    advice: 'an evaluation needs news, or something that is due by time: src/daemon/engine.ts',
  },
  {
    what: 'attempts a second, brisk',
    of: ({ brisk: { cost } }) => cost.looks,
    limit: 190,
    advice: 'a pace in src/probes, or the cadence, has become shorter',
  },
  {
    what: 'Redis commands a second, brisk',
    of: ({ brisk: { cost } }) => cost.redis.commands,
    limit: 135,
    aim: 100,
    advice: 'src/probes/redis*.ts',
  },
  {
    what: 'Redis round trips a second, brisk',
    of: ({ brisk: { cost } }) => cost.redis.roundTrips,
    limit: 16,
    aim: 12,
    advice: 'commands of one round must leave together: src/connections/redis*.ts',
  },
  {
    what: 'Redis commands a second, quiet',
    of: ({ quiet: { cost } }) => cost.redis.commands,
    limit: 6,
    aim: 4,
    advice: 'src/probes/redis*.ts',
  },
  {
    what: 'SQL statements a second, brisk',
    of: ({ brisk: { cost } }) => cost.statements.perSecond,
    limit: 60,
    advice: 'src/probes/postgres*.ts, outbox-tables.ts',
  },
  {
    what: 'SQL statements a second, quiet',
    of: ({ quiet: { cost } }) => cost.statements.perSecond,
    limit: 2.5,
    advice: 'src/probes/postgres*.ts, outbox-tables.ts',
  },
  {
    what: 'HTTP requests a second to twelve replicas, brisk',
    of: ({ brisk: { cost } }) => sum(cost.requests),
    limit: 130,
    advice: 'src/probes/ready-endpoint.ts, health-endpoint.ts, service-metrics.ts',
  },
  {
    what: 'HTTP requests a second to twelve replicas, quiet',
    of: ({ quiet: { cost } }) => sum(cost.requests),
    limit: 7.2,
    advice: 'src/probes/ready-endpoint.ts, health-endpoint.ts, service-metrics.ts',
  },
  {
    what: 'log lines a minute of the replica that writes most, brisk',
    of: ({ brisk: { cost } }) => lines(cost.lines),
    limit: 440,
    aim: 30,
    advice: 'API and Coordinator write two for each request: src/probes/health-endpoint.ts',
  },
  {
    what: 'log lines a minute of the replica that writes most, quiet',
    of: ({ quiet: { cost } }) => lines(cost.lines),
    limit: 45,
    aim: 10,
    advice: 'API and Coordinator write two for each request: src/probes/health-endpoint.ts',
  },
  {
    what: 'times that an evaluation at 504 replicas costs one at 12, when one replica has news',
    of: ({ evaluationRatio }) => evaluationRatio,
    limit: 7.7,
    aim: 2,
    advice: 'what did not change must not be judged: src/core/step.ts, and bench/step.ts measures it',
  },
]

/** A count beside its limit; it holds only where it was measured. */
export type Finding = Guard & { readonly measured: number; readonly holds: boolean }

export function findingsOf(counts: Counts, all: readonly Guard[] = guards): readonly Finding[] {
  return all.map((guard) => {
    const measured = guard.of(counts)
    // What is not a number is a count that was not made.
    return { ...guard, measured, holds: measured <= guard.limit }
  })
}

/** The counts as a table, with what to do about those that have grown. */
export function reportOf(counts: Counts): string {
  const findings = findingsOf(counts)
  const rows = findings.map(({ what, measured, limit, aim, holds }) => [
    what,
    short(measured),
    short(limit),
    aim === undefined ? '' : short(aim),
    holds ? 'yes' : '**no**',
  ])
  const grown = findings
    .filter(({ holds }) => !holds)
    .map(
      ({ what, measured, limit, advice }) =>
        `- ${what}: ${short(measured)}, limit ${short(limit)}: ${advice}.`,
    )
  const allocating = (['brisk', 'quiet'] as const).map((cadence) => {
    const most = counts[cadence].allocations.most.map(
      ({ name, share }) => `${name} ${Math.round(share * 100)} %`,
    )
    return `Allocates most, ${cadence}: ${most.join(', ')}.`
  })
  return [table(['count', 'measured', 'limit', 'aim', 'holds'], rows), ...grown, ...allocating].join('\n\n')
}
