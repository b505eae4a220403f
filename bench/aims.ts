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
  /** What a Prometheus stack with exporters and a scrape interval of 250 ms to 1 s was measured to do. */
  readonly stack: string
}

const oneSecond = '1 s scrapes: median 0.8-1.4 s, worst 1.2-1.9 s; 250 ms: median 0.2-0.3 s, worst 0.45 s'
const asShipped = 'as shipped: 120-360 s to firing'

/** All aims that this benchmark measures, with what came of them. */
export function aimsOf(results: Results): readonly Line[] {
  return [...latencyAims(results), ...costAims(results), ...ownAims(results), ...servingAims(results)]
}

type LatencyAim = { readonly way: Way; readonly what: string } & Readonly<
  Record<'brisk' | 'quiet', { readonly median?: number; readonly p99: number }>
> & { readonly stack: string }

const latencyTable: readonly LatencyAim[] = [
  {
    way: 'pushed',
    what: 'fault to changed `/gates`, pushed (dead-letter arrival)',
    brisk: { p99: 10 },
    quiet: { p99: 10 },
    stack: oneSecond,
  },
  {
    way: 'stores',
    what: 'same, polled by Redis or SQL',
    brisk: { median: 70, p99: 200 },
    quiet: { p99: 5_000 },
    stack: oneSecond,
  },
  {
    way: 'replicas',
    what: 'same, polled on replicas',
    brisk: { median: 150, p99: 350 },
    quiet: { p99: 6_000 },
    stack: oneSecond,
  },
  {
    way: 'hung',
    what: 'a hung Redis, Postgres or service becomes `unknown`',
    brisk: { p99: 1_000 },
    quiet: { p99: 6_000 },
    stack: '1 s scrapes: 2.2 s for a hung Redis or Postgres',
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
          stack: cadence === 'brisk' ? aim.stack : asShipped,
        },
      ]
    }),
  )
}

function spoken({ count, median, p99, worst }: Summary): string {
  return `median ${short(median)}, p99 ${short(p99)}, worst ${short(worst)} ms (n = ${count})`
}

function atMost(what: string, limit: number, value: number, unit: string, stack: string): Line {
  return {
    what,
    aim: `≤ ${short(limit)} ${unit}`,
    measured: `${short(value)} ${unit}`,
    met: value <= limit,
    excess: value / limit,
    stack,
  }
}

function costAims({ brisk, quiet, redisTime }: Results): readonly Line[] {
  const redis = redisTime.withBrisk - redisTime.without
  return [
    atMost('time in Postgres, own statements, brisk', 3, brisk.statements.milliseconds, 'ms/s', ''),
    atMost('Redis commands, brisk', 200, brisk.redis.commands, '/s', '58/s at 1 s, 219/s at 250 ms'),
    atMost('Redis round trips, brisk', 15, brisk.redis.roundTrips, '/s', ''),
    atMost('time in Redis commands, brisk', 3, redis, 'ms/s', ''),
    atMost('Redis commands, quiet', 5, quiet.redis.commands, '/s', ''),
    atMost('SQL statements, quiet', 1, quiet.statements.perSecond, '/s', ''),
    {
      what: '429 provoked',
      aim: 'none, ever',
      measured: `${brisk.throttled} brisk, ${quiet.throttled} quiet`,
      met: brisk.throttled + quiet.throttled === 0,
      stack: 'at 250 ms the limits raise false alarms',
    },
  ]
}

function ownAims({ running }: Results): readonly Line[] {
  return [...Map.groupBy(running, ({ variant }) => variant)].flatMap(([variant, list]) => {
    const mean = (cadence: string, pick: (each: (typeof list)[number]) => number) => {
      const values = list.filter((each) => each.cadence === cadence).map(pick)
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    const highest = Math.max(...list.map(({ resident }) => resident))
    const cpu = '40-58 ms/s at 1 s, 170 ms/s at 250 ms'
    return [
      atMost(
        `own CPU, quiet, \`${variant}\``,
        4,
        mean('quiet', (each) => each.cpu),
        'ms/s',
        cpu,
      ),
      atMost(
        `own CPU, brisk, \`${variant}\``,
        45,
        mean('brisk', (each) => each.cpu),
        'ms/s',
        cpu,
      ),
      atMost(`RSS, \`${variant}\``, 85, highest, 'MB', '145 MB at 1 s, 161 MB at 250 ms'),
    ]
  })
}

function servingAims({ serving }: Results): readonly Line[] {
  const { gates, waiting, gatesWhileWaiting, metricsWhileWaiting } = serving
  const during = `with ${waiting} long-pollers`
  return [
    {
      what: `\`/gates\` on one core (${short(gates.bytes / 1_024)} KiB each)`,
      aim: '≥ 15,000/s',
      measured: `${short(gates.perCore)}/s of its CPU time, ${short(gates.perSecond)}/s by the clock on 8 connections`,
      met: gates.perCore >= 15_000,
      excess: 15_000 / gates.perCore,
      stack: '',
    },
    atMost(`\`/gates\` p99 ${during}`, 5, gatesWhileWaiting.p99, 'ms', ''),
    atMost(`\`/metrics\` p99 ${during}`, 15, metricsWhileWaiting.p99, 'ms', ''),
  ]
}
