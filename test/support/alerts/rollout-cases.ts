import { flappingWaived, gate, inRollout, unknown, unknownWaived } from './gate-waiver-cases.ts'
import { active, caracal, first, neighbours, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

function verdict(replica: Replica, state: string, values: string) {
  return series('caracal_rollout_verdict', replica, { state }, values)
}

function began(replica: Replica, values: string) {
  return series('caracal_rollout_started_timestamp_seconds', replica, {}, values)
}

/** The first release has it and is idle, its neighbours are in a rollout and have it not: nobody is told. */
function ofNeighbours(
  has: (replica: Replica) => Case['series'],
  hasNot: (replica: Replica) => Case['series'],
): Case {
  return {
    story: 'only other releases have a rollout',
    series: [
      scraped(first),
      active(first, '0x200'),
      ...has(first),
      ...neighbours.flatMap((replica) => [scraped(replica), active(replica, '1x200'), ...hasNot(replica)]),
    ],
    told: ['2m', '10m', '20m', '30m'].map((at) => ({ at, firing: [] })),
  }
}

const stop = { severity: 'critical', component: 'rollout', state: 'stop', ...caracal }
const hold = { severity: 'warning', component: 'rollout', state: 'hold', ...caracal }
const flapping = { severity: 'warning', component: 'rollout', gate: 'readiness', state: 'pass', ...caracal }
const forgotten = { severity: 'info', component: 'rollout', ...caracal }

/** What ends an alert that holds at the sample of this number, and what does not end it at once. */
function ends(
  said: (values: (value: number) => string) => Case['series'],
  sample: number,
  labels: Readonly<Record<string, string>>,
): readonly Case[] {
  const until = (value: number) => `${value}x${sample} stale`
  const always = (value: number) => `${value}x400`
  const seconds = sample * 15
  const fiveMinutes = [
    { at: `${seconds + 285}s`, firing: [labels] },
    { at: `${seconds + 315}s`, firing: [] },
  ]
  return [
    {
      story: 'X17: the rollout ends: so does the alert',
      series: [scraped(first, '1x400'), active(first, `1x${sample} 0x400`), ...said(always)],
      told: [
        { at: `${seconds}s`, firing: [labels] },
        { at: `${seconds + 15}s`, firing: [] },
      ],
    },
    {
      story: 'it is not told any more: the last word stands for five minutes',
      series: [scraped(first, '1x400'), active(first, '1x400'), ...said(until)],
      told: fiveMinutes,
    },
    {
      story: 'whether there is a rollout is not told any more: the last word stands for five minutes',
      series: [scraped(first, '1x400'), active(first, until(1)), ...said(always)],
      told: fiveMinutes,
    },
  ]
}

export const rolloutCases: Readonly<Record<string, readonly Case[]>> = {
  CaracalRolloutStop: [
    {
      story: 'X17: the verdict of one of two replicas is stop: one page, until it is no more',
      series: [...inRollout, verdict(first, 'stop', '0x3 1x7 0x100'), verdict(second, 'stop', '0x100')],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [stop] },
        { at: '2m45s', firing: [stop] },
        { at: '3m', firing: [] },
      ],
    },
    {
      story: 'the verdict is hold, or unknown',
      series: [...inRollout, verdict(first, 'hold', '1x100'), verdict(first, 'stop', '0x100')],
      told: ['1m', '10m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'the daemon is replaced: the page stays',
      series: [
        scraped(first, '1x8 stale'),
        active(first, '1x8 stale'),
        verdict(first, 'stop', '1x8 stale'),
        scraped(second, '_x19 1x100'),
        active(second, '_x19 1x100'),
        verdict(second, 'stop', '_x19 1x100'),
      ],
      told: ['0s', '3m', '4m45s', '5m', '12m'].map((at) => ({ at, firing: [stop] })),
    },
    ...ends((values) => [verdict(first, 'stop', values(1))], 8, stop),
    ofNeighbours(
      (replica) => [verdict(replica, 'stop', '1x200')],
      (replica) => [verdict(replica, 'stop', '0x200')],
    ),
  ],
  CaracalRolloutHoldLong: [
    {
      story: 'the verdict is hold for 15 minutes',
      series: [...inRollout, verdict(first, 'hold', '0x3 1x63 0x100'), verdict(second, 'hold', '0x100')],
      told: [
        { at: '15m45s', firing: [] },
        { at: '16m', firing: [hold] },
        { at: '16m45s', firing: [hold] },
        { at: '17m', firing: [] },
      ],
    },
    {
      story: 'the verdict is hold twice for a little less',
      series: [...inRollout, verdict(first, 'hold', '1x59 0 1x59 0x100')],
      told: ['14m45s', '15m', '30m', '31m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'the verdict is something else',
      series: [...inRollout, verdict(first, 'proceed', '1x200'), verdict(first, 'hold', '0x200')],
      told: ['16m', '30m'].map((at) => ({ at, firing: [] })),
    },
    ...ends((values) => [verdict(first, 'hold', values(1))], 70, hold),
    ofNeighbours(
      (replica) => [verdict(replica, 'hold', '1x200')],
      (replica) => [verdict(replica, 'hold', '0x200')],
    ),
  ],
  CaracalGateUnknown: [
    {
      story: 'a gate is unknown for three minutes',
      series: [...inRollout, gate(first, 'unknown', '0x3 1x15 0x100'), gate(second, 'unknown', '0x100')],
      told: [
        { at: '3m45s', firing: [] },
        { at: '4m', firing: [unknown] },
        { at: '4m45s', firing: [unknown] },
        { at: '5m', firing: [] },
      ],
    },
    {
      story: 'a gate fails, another is unknown for a little less',
      series: [
        ...inRollout,
        gate(first, 'fail', '1x100'),
        gate(first, 'unknown', '0x100'),
        gate(first, 'unknown', '1x11 0x100', 'event-health'),
      ],
      told: ['2m45s', '3m', '10m'].map((at) => ({ at, firing: [] })),
    },
    ...unknownWaived,
    ...ends((values) => [gate(first, 'unknown', values(1))], 20, unknown),
    ofNeighbours(
      (replica) => [gate(replica, 'unknown', '1x200')],
      (replica) => [gate(replica, 'unknown', '0x200')],
    ),
  ],
  CaracalGateFlapping: [
    {
      story: 'a gate turns seven times, and then no more',
      series: [...inRollout, gate(first, 'pass', '0 1 0 1 0 1 0 1x200')],
      told: [
        { at: '1m30s', firing: [] },
        { at: '1m45s', firing: [flapping] },
        { at: '29m45s', firing: [flapping] },
        { at: '30m15s', firing: [] },
      ],
    },
    {
      story: 'a gate turns six times, and is not well in many ways',
      series: [
        ...inRollout,
        gate(first, 'pass', '0 1 0 1 0 1 0x200'),
        gate(first, 'fail', '1 0 1 0 1 0 1 0 1 0 1 0x200'),
      ],
      told: ['1m45s', '10m', '29m'].map((at) => ({ at, firing: [] })),
    },
    flappingWaived,
    {
      story: 'the daemon is started anew again and again while its gate is well',
      series: [
        scraped(first, '1x9 stale 1x9 stale 1x9 stale 1x9 stale 1x99'),
        gate(first, 'pass', '1x9 stale 1x9 stale 1x9 stale 1x9 stale 1x99'),
      ],
      told: ['5m', '15m'].map((at) => ({ at, firing: [] })),
    },
  ],
  CaracalRolloutForgotten: [
    {
      // The clock of the test starts at 0, so this rollout is 5 h 50 min old by then.
      story: 'a rollout has been open for more than six hours, for ten minutes',
      series: [
        scraped(first),
        scraped(second),
        active(first, '1x89 0x100'),
        active(second, '1x89 0x100'),
        began(first, '-21000x200'),
        began(second, '-20000x200'),
      ],
      told: [
        { at: '20m', firing: [] },
        { at: '20m15s', firing: [forgotten] },
        { at: '22m15s', firing: [forgotten] },
        { at: '22m30s', firing: [] },
      ],
    },
    {
      story: 'a rollout is not quite that old',
      series: [...inRollout, began(first, '-18000x200')],
      told: ['15m', '45m'].map((at) => ({ at, firing: [] })),
    },
    ...ends((values) => [began(first, values(-30_000))], 60, forgotten),
    ofNeighbours(
      (replica) => [began(replica, '-30000x200')],
      (replica) => [began(replica, '0x200')],
    ),
  ],
}
