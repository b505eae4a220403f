import { silenceCases } from './exporter-silence-cases.ts'
import { caracal, first, neighbours, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

const both = [scraped(first), scraped(second)]
const exporter = { component: 'gate-exporter' }
const warning = { severity: 'warning', ...exporter, ...caracal }

function verdict(replica: Replica, state: string, values: string) {
  return series('caracal_rollout_verdict', replica, { state }, values)
}

/** A gauge that is 1 when all is well; one of two replicas has 0 long enough, then for a little less. */
function whenZero(
  metric: string,
  held: {
    readonly samples: number
    readonly last: string
    readonly fires: string
    readonly keeps: string
    readonly ends: string
  },
  labels: Readonly<Record<string, string>> = {},
): readonly Case[] {
  const of = (replica: Replica, values: string) => series(metric, replica, labels, values)
  return [
    {
      story: 'one of two replicas has it for long enough',
      series: [...both, of(first, '1x200'), of(second, `1x3 0x${held.samples + 3} 1x200`)],
      told: [
        { at: held.last, firing: [] },
        { at: held.fires, firing: [{ ...warning, ...labels }] },
        { at: held.keeps, firing: [{ ...warning, ...labels }] },
        { at: held.ends, firing: [] },
      ],
    },
    {
      story: 'the exporter goes for good: its last word stands for five minutes',
      series: [scraped(first, '1x40 stale'), of(first, '0x40 stale')],
      told: [
        { at: '14m45s', firing: [{ ...warning, ...labels }] },
        { at: '15m15s', firing: [] },
      ],
    },
    {
      story: 'it blinks, each time for less',
      series: [...both, of(first, '0x6 1 0x6 1 0x6 1 0x6 1x200')],
      told: ['2m', '5m', '6m', '7m', '15m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'all is well, or nothing is known',
      series: [...both, of(first, '1x200')],
      told: ['6m', '15m'].map((at) => ({ at, firing: [] })),
    },
  ]
}

/** When an alert that waits five minutes, and one that waits two, comes and goes in the story above. */
const fiveMinutes = { samples: 23, last: '5m45s', fires: '6m', keeps: '7m30s', ends: '7m45s' }
const twoMinutes = { samples: 11, last: '2m45s', fires: '3m', keeps: '4m30s', ends: '4m45s' }

const redis = { probe: 'redis-streams' }

function probeUp(replica: Replica, values: string) {
  return series('caracal_gate_exporter_probe_up', replica, redis, values)
}

const lastWord = [
  { at: '14m45s', firing: [{ ...warning, ...redis }] },
  { at: '15m15s', firing: [] },
]

/** Its stories are those of any gauge, while a verdict needs more than is read. */
const blind: readonly Case[] = [
  ...whenZero('caracal_gate_exporter_probe_up', fiveMinutes, redis).map((one) => ({
    ...one,
    series: [...one.series, verdict(first, 'hold', '1x41 stale'), verdict(second, 'stop', '1x200')],
  })),
  {
    story: 'X16: the verdict is proceed, so nothing that is not read was needed',
    series: [
      scraped(first),
      probeUp(first, '0x200'),
      verdict(first, 'proceed', '1x200'),
      verdict(first, 'hold', '0x200'),
    ],
    told: ['6m', '15m', '40m'].map((at) => ({ at, firing: [] })),
  },
  {
    story: 'X16: the verdict of one of two replicas, which reads less, is hold',
    series: [
      ...both,
      probeUp(first, '1x200'),
      probeUp(second, '0x200'),
      verdict(first, 'proceed', '1x200'),
      verdict(first, 'hold', '0x200'),
      verdict(second, 'proceed', '0x200'),
      verdict(second, 'hold', '1x200'),
    ],
    told: [{ at: '6m', firing: [{ ...warning, ...redis }] }],
  },
  {
    story: 'whether it reads is not told any more, and the verdict is: for five minutes the last word stands',
    series: [scraped(first), probeUp(first, '0x40 stale'), verdict(first, 'hold', '1x200')],
    told: lastWord,
  },
  {
    story: 'the verdict is not told any more, and whether it reads is: for five minutes the last word stands',
    series: [scraped(first), probeUp(first, '0x200'), verdict(first, 'hold', '1x40 stale')],
    told: lastWord,
  },
  {
    story: 'only other releases hold',
    series: [
      scraped(first),
      probeUp(first, '0x200'),
      verdict(first, 'hold', '0x200'),
      ...neighbours.flatMap((replica) => [
        scraped(replica),
        probeUp(replica, '1x200'),
        verdict(replica, 'hold', '1x200'),
      ]),
    ],
    told: ['6m', '15m'].map((at) => ({ at, firing: [] })),
  },
]

export const exporterCases: Readonly<Record<string, readonly Case[]>> = {
  ...silenceCases,
  CaracalGateExporterBlind: blind,
  CaracalGateExporterReplicasDisagree: [
    {
      story: 'two replicas give different verdicts for five minutes',
      series: [
        ...both,
        verdict(first, 'proceed', '1x200'),
        verdict(first, 'hold', '0x200'),
        verdict(second, 'proceed', '1x3 0x24 1x200'),
        verdict(second, 'hold', '0x3 1x24 0x200'),
      ],
      told: [
        { at: '5m45s', firing: [] },
        { at: '6m', firing: [warning] },
        { at: '7m', firing: [warning] },
        { at: '7m15s', firing: [] },
      ],
    },
    {
      story: 'both go for good while they differ: their last words stand for five minutes',
      series: [
        scraped(first, '1x40 stale'),
        scraped(second, '1x40 stale'),
        verdict(first, 'proceed', '1x40 stale'),
        verdict(second, 'hold', '1x40 stale'),
      ],
      told: [
        { at: '14m45s', firing: [warning] },
        { at: '15m15s', firing: [] },
      ],
    },
    {
      story: 'they differ for a moment, again and again',
      series: [
        ...both,
        verdict(first, 'proceed', '1x200'),
        verdict(second, 'proceed', '0x6 1 0x6 1 0x6 1 0x6 1x200'),
        verdict(second, 'hold', '1x6 0 1x6 0 1x6 0 1x6 0x200'),
      ],
      told: ['2m', '6m', '7m', '15m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'two replicas agree, and other releases have other verdicts',
      series: [
        ...both,
        verdict(first, 'proceed', '1x200'),
        verdict(second, 'proceed', '1x200'),
        ...neighbours.flatMap((replica) => [scraped(replica), verdict(replica, 'hold', '1x200')]),
      ],
      told: ['6m', '15m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'three replicas give three verdicts',
      series: [
        ...both,
        scraped({ ...first, target: { ...first.target, instance: '10.0.0.9:9465' } }),
        verdict(first, 'proceed', '1x200'),
        verdict(second, 'hold', '1x200'),
        verdict({ ...first, target: { ...first.target, instance: '10.0.0.9:9465' } }, 'stop', '1x200'),
      ],
      told: [{ at: '5m', firing: [warning] }],
    },
  ],
  CaracalGateExporterConfigRefused: whenZero(
    'caracal_gate_exporter_config_last_reload_successful',
    twoMinutes,
  ),
  CaracalGateExporterStarved: [
    {
      story: 'one of two replicas has too little CPU for long enough',
      series: [
        ...both,
        series('caracal_gate_exporter_starved', first, {}, '0x200'),
        series('caracal_gate_exporter_starved', second, {}, '0x3 1x11 0x200'),
      ],
      told: [
        { at: '2m45s', firing: [] },
        { at: '3m', firing: [warning] },
        { at: '3m45s', firing: [warning] },
        { at: '4m', firing: [] },
      ],
    },
    {
      story: 'the exporter goes for good: its last word stands for five minutes',
      series: [
        scraped(first, '1x40 stale'),
        series('caracal_gate_exporter_starved', first, {}, '1x40 stale'),
      ],
      told: [
        { at: '14m45s', firing: [warning] },
        { at: '15m15s', firing: [] },
      ],
    },
  ],
  CaracalGateExporterMemoryNotKept: whenZero('caracal_gate_exporter_state_store_up', fiveMinutes),
  CaracalGateExporterWatchdog: [
    {
      story: 'always',
      series: [],
      told: ['0s', '10m'].map((at) => ({ at, firing: [{ severity: 'none', ...exporter }] })),
    },
  ],
}
