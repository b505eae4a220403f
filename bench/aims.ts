import type { Way } from './faults.ts'
import type { Results } from './results.ts'
import { short, summarise, type Summary } from './statistics.ts'

/** One aim beside what was measured. */
export type Line = {
  readonly what: string
  readonly aim: string
  readonly measured: string
  readonly met: boolean
  /** How many times the aim the measured value is; only where it is one number. */
  readonly excess?: number
}

/** All aims that this benchmark measures, with what came of them. */
export function aimsOf(results: Results): readonly Line[] {
  return [
    ...latencyAims(results),
    ...ownAims(results),
    ...costAims(results),
    ...growthAims(results),
    ...servingAims(results),
  ]
}

type LatencyAim = { readonly way: Way; readonly what: string } & Readonly<
  Record<'brisk' | 'quiet', { readonly median?: number; readonly p99: number }>
>

const latencyTable: readonly LatencyAim[] = [
  {
    way: 'pushed',
    what: 'fault to changed `/gates`, pushed (dead-letter arrival)',
    brisk: { median: 3, p99: 10 },
    quiet: { median: 3, p99: 10 },
  },
  {
    way: 'stores',
    what: 'same, polled by Redis or SQL, the pool included',
    brisk: { median: 60, p99: 130 },
    quiet: { p99: 5_000 },
  },
  {
    way: 'replicas',
    what: 'same, polled on replicas, `/ready` included',
    brisk: { median: 100, p99: 220 },
    quiet: { p99: 5_000 },
  },
  {
    way: 'hung',
    what: 'a hung Redis, Postgres or service becomes `unknown`',
    brisk: { p99: 800 },
    quiet: { p99: 5_000 },
  },
]

function latencyAims({ latencies }: Results): readonly Line[] {
  return latencyTable.flatMap((aim) =>
    (['brisk', 'quiet'] as const).flatMap((cadence): Line[] => {
      const sample = latencies
        .filter((each) => each.way === aim.way && each.cadence === cadence)
        .flatMap((each) => each.sample)
      if (sample.length === 0) return []
      const seen = summarise(sample)
      const { median, p99 } = aim[cadence]
      const excess = Math.max(seen.p99 / p99, median === undefined ? 0 : seen.median / median)
      const wanted = [...(median === undefined ? [] : [`median ≤ ${median} ms`]), `p99 ≤ ${p99} ms`]
      return [
        {
          what: `${aim.what}, ${cadence}`,
          aim: wanted.join(', '),
          measured: spoken(seen),
          met: excess <= 1,
          excess,
        },
      ]
    }),
  )
}

function spoken({ count, median, p99, worst }: Summary): string {
  return `median ${short(median)}, p99 ${short(p99)}, worst ${short(worst)} ms (n = ${count})`
}

function atMost(what: string, limit: number, value: number, unit: string): Line {
  return {
    what,
    aim: `≤ ${short(limit)} ${unit}`,
    measured: `${short(value)} ${unit}`,
    met: value <= limit,
    excess: value / limit,
  }
}

function ownAims({ running, brisk, quiet, peers }: Results): readonly Line[] {
  const shipped = running[0]?.variant
  const own = running.filter(({ variant }) => variant === shipped)
  const most = (pick: (each: (typeof own)[number]) => number) => Math.max(...own.map(pick))
  return [
    atMost('own CPU, brisk', 35, brisk.cpu, 'ms/s'),
    atMost('own CPU, quiet', 4, quiet.cpu, 'ms/s'),
    ...(peers === undefined
      ? []
      : [
          atMost(
            'own CPU, brisk, to that of Prometheus at 1 s in this run',
            0.5,
            brisk.cpu / peers.cpu,
            'times',
          ),
        ]),
    atMost(
      'RSS',
      110,
      most(({ resident }) => resident),
      'MB',
    ),
    atMost(
      'of that anonymous',
      55,
      most(({ anonymous }) => anonymous),
      'MB',
    ),
  ]
}

function costAims({ brisk, quiet, work, quietDaemons }: Results): readonly Line[] {
  const postgres = {
    brisk: work.brisk.postgres - work.idle.postgres,
    quiet: (work.quiet.postgres - work.idle.postgres) / quietDaemons,
  }
  const lines = (of: Readonly<Record<string, number>>) => Math.max(...Object.values(of))
  return [
    atMost(
      "CPU of Postgres because of one daemon, the services' statements included, brisk",
      20,
      postgres.brisk,
      'ms/s',
    ),
    atMost('same, quiet', 3, postgres.quiet, 'ms/s'),
    atMost('Redis commands, brisk', 100, brisk.redis.commands, '/s'),
    atMost('Redis round trips, brisk', 12, brisk.redis.roundTrips, '/s'),
    atMost('Redis commands, quiet', 4, quiet.redis.commands, '/s'),
    atMost('log lines a minute of the replica that writes most, brisk', 30, lines(brisk.lines), 'lines'),
    atMost('same, quiet', 10, lines(quiet.lines), 'lines'),
    {
      what: '429 provoked',
      aim: 'none, ever',
      measured: `${brisk.throttled} brisk, ${quiet.throttled} quiet`,
      met: brisk.throttled + quiet.throttled === 0,
    },
  ]
}

/** By the least number of replicas that it holds for. */
const growthTable = [
  { from: 500, cpu: 400, turn: 50 },
  { from: 100, cpu: 150, turn: 50 },
]

function growthAims({ growth, evaluationRatio }: Results): readonly Line[] {
  return [
    ...growth.flatMap(({ replicas, cpu, turn }) => {
      const aim = growthTable.find(({ from }) => replicas >= from)
      if (aim === undefined) return []
      return [
        atMost(`own CPU with ${replicas} replicas, brisk`, aim.cpu, cpu, 'ms/s'),
        atMost(`longest turn of the event loop with ${replicas} replicas`, aim.turn, turn, 'ms'),
      ]
    }),
    atMost(
      'an evaluation with 504 replicas, one of which has news, to one with 12',
      2,
      evaluationRatio,
      'times',
    ),
  ]
}

function servingAims({ serving }: Results): readonly Line[] {
  const { gates, waiting, gatesWhileWaiting, metricsWhileWaiting, turn } = serving
  const during = `with ${waiting} long-pollers, brisk`
  return [
    {
      what: `\`/gates\` on one core (${short(gates.bytes / 1_024)} KiB each)`,
      aim: '≥ 15,000/s',
      measured: `${short(gates.perCore)}/s of its CPU time, ${short(gates.perSecond)}/s by the clock on 8 connections`,
      met: gates.perCore >= 15_000,
      excess: 15_000 / gates.perCore,
    },
    atMost(`\`/gates\` p99 ${during}`, 5, gatesWhileWaiting.p99, 'ms'),
    atMost(`\`/metrics\` p99 ${during}`, 15, metricsWhileWaiting.p99, 'ms'),
    atMost(`longest turn of the event loop ${during}`, 20, turn, 'ms'),
  ]
}
