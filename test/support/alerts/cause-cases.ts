import type { CauseId } from '../../../src/core/cause.ts'
import { active, caracal, first, neighbours, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

const stop = { stop_condition: 'sts-unready' }

function firing(replica: Replica, values: string) {
  return series('caracal_rollout_stop_condition_state', replica, { ...stop, state: 'firing' }, values)
}
function explained(replica: Replica, cause: string, values: string) {
  return series('caracal_rollout_stop_condition_explained', replica, { ...stop, cause }, values)
}
function causeActive(replica: Replica, cause: string, values: string) {
  return series('caracal_rollout_cause_active', replica, { cause }, values)
}

const inRollout = [scraped(first), active(first, '1x200')]

/** What is expected of the alert on any cause. */
export function causeCases(id: CauseId, component: string): readonly Case[] {
  const labels = { component, cause: id, ...caracal }
  const critical = { severity: 'critical', ...labels }
  const warning = { severity: 'warning', ...labels }
  return [
    {
      story: 'X15: it explains a stop that fires: one page, at once, until it is over',
      series: [
        ...inRollout,
        scraped(second),
        active(second, '1x200'),
        firing(first, '0x3 1x100'),
        firing(second, '0x4 1x100'),
        explained(first, id, '_x4 1x4 stale'),
        explained(second, id, '_x5 1x3 stale'),
        causeActive(first, id, '0x3 1x4 0x100'),
        causeActive(second, id, '0x4 1x3 0x100'),
      ],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [critical] },
        { at: '2m', firing: [critical] },
        { at: '2m15s', firing: [] },
      ],
    },
    {
      story: 'it explains no stop: one page, when it has been there at every scrape of two minutes',
      series: [...inRollout, causeActive(first, id, '0x8 1x20 0x200')],
      told: [
        { at: '4m', firing: [] },
        { at: '4m15s', firing: [critical] },
        { at: '7m15s', firing: [critical] },
        { at: '7m30s', firing: [] },
      ],
    },
    {
      story: 'no rollout is under way: one warning, by either way',
      series: [
        scraped(first),
        active(first, '0x200'),
        causeActive(first, id, '0x3 1x16 0x200'),
        firing(first, '0x3 1x4 0x200'),
        explained(first, id, '_x4 1x4 stale'),
      ],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [warning] },
        { at: '2m15s', firing: [] },
        { at: '2m45s', firing: [] },
        { at: '3m', firing: [warning] },
        { at: '4m45s', firing: [warning] },
        { at: '5m15s', firing: [] },
      ],
    },
    {
      story: 'a rollout begins and ends while it is there: one takes over from the other',
      series: [scraped(first), active(first, '0x20 1x8 0x100'), causeActive(first, id, '1x200')],
      told: [
        { at: '5m', firing: [warning] },
        { at: '5m15s', firing: [critical] },
        { at: '7m15s', firing: [critical] },
        { at: '7m30s', firing: [warning] },
      ],
    },
    {
      story: 'it is there for a moment, again and again, and what it explains does not fire yet',
      series: [
        ...inRollout,
        causeActive(first, id, '0 1x7 0 1x7 0 1x7 0 1x7 0x200'),
        explained(first, id, '1x200'),
        firing(first, '0x200'),
      ],
      told: ['2m', '4m', '6m', '8m', '15m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'a daemon that has just been started says so at its first scrapes',
      series: [...inRollout, causeActive(first, id, '1x7 0x200')],
      told: ['0s', '1m', '1m45s', '2m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'the daemon is replaced while it is there: the page stays',
      series: [
        scraped(first, '1x40 stale'),
        active(first, '1x40 stale'),
        causeActive(first, id, '1x40 stale'),
        scraped(second, '_x45 1x100'),
        active(second, '_x45 1x100'),
        causeActive(second, id, '_x45 1x19 0x100'),
      ],
      told: [
        ...['10m', '11m', '12m15s', '14m', '16m'].map((at) => ({ at, firing: [critical] })),
        { at: '16m15s', firing: [] },
      ],
    },
    {
      story: 'another cause is there',
      series: [
        ...inRollout,
        causeActive(first, 'another-cause', '1x200'),
        causeActive(first, id, '0x200'),
        explained(first, 'another-cause', '1x200'),
        firing(first, '1x200'),
      ],
      told: ['1m', '10m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'the daemon goes for good: the last word stands for five minutes',
      series: [
        scraped(first, '1x40 stale'),
        active(first, '1x40 stale'),
        causeActive(first, id, '1x40 stale'),
      ],
      told: [
        { at: '14m45s', firing: [critical] },
        { at: '15m15s', firing: [] },
      ],
    },
    {
      story: 'the daemon goes for good when it explains a stop',
      series: [
        scraped(first, '1x4 stale'),
        active(first, '1x4 stale'),
        causeActive(first, id, '0x3 1 stale'),
        firing(first, '1x4 stale'),
        explained(first, id, '_x4 1 stale'),
      ],
      told: [
        { at: '1m', firing: [critical] },
        { at: '5m45s', firing: [critical] },
        { at: '6m15s', firing: [] },
      ],
    },
    ...(['1x200', '0x200'] as const).map((rollout, index) => ({
      // Two minutes of what was said, and five of what came of it.
      story: 'whether it is there is not told any more: the last word stands for seven minutes',
      series: [scraped(first), active(first, rollout), causeActive(first, id, '1x40 stale')],
      told: [
        { at: '16m45s', firing: [index === 0 ? critical : warning] },
        { at: '17m15s', firing: [] },
      ],
    })),
    {
      story: 'whether there is a rollout is not told any more: for five minutes the last word stands',
      series: [scraped(first), active(first, '1x40 stale'), causeActive(first, id, '1x200')],
      told: [
        { at: '14m45s', firing: [critical] },
        { at: '15m15s', firing: [warning] },
      ],
    },
    {
      story: 'it is there for other releases, one way or the other',
      series: [
        ...[first, ...neighbours].map((replica) => scraped(replica)),
        ...[first, ...neighbours].map((replica, index) => active(replica, index === 0 ? '1x200' : '0x200')),
        ...neighbours.flatMap((replica) => [
          causeActive(replica, id, '0x1 1x2 0x4 1x100'),
          firing(replica, '1x200'),
          explained(replica, id, '_x2 1x2 stale'),
        ]),
      ],
      told: ['30s', '5m'].map((at) => ({
        at,
        firing: [
          { ...warning, cluster: 'west' },
          { ...warning, release_namespace: 'test' },
          { ...warning, release_name: 'other' },
        ],
      })),
    },
  ]
}

const marker = (cause: string) => ({
  severity: 'none',
  component: 'rollout',
  ...stop,
  cause,
  ...caracal,
})

/** When the alert on a stop is kept back: as long as what explains it has an alert of its own. */
export const explainedCases: readonly Case[] = [
  {
    story: 'X15: a cause explains a stop, until the stop is its own',
    series: [
      ...inRollout,
      causeActive(first, 'redis-unavailable', '1x200'),
      firing(first, '1x200'),
      explained(first, 'redis-unavailable', '_x4 1x4 stale'),
    ],
    told: [
      { at: '45s', firing: [] },
      { at: '1m', firing: [marker('redis-unavailable')] },
      { at: '2m', firing: [marker('redis-unavailable')] },
      { at: '2m15s', firing: [] },
    ],
  },
  {
    story: 'another stop explains it, and a check that has no alert does not count',
    series: [
      ...inRollout,
      firing(first, '1x200'),
      series(
        'caracal_rollout_stop_condition_state',
        first,
        { stop_condition: 'redis-memory-pressure', state: 'firing' },
        '1x200',
      ),
      explained(first, 'redis-memory-pressure', '1x8 stale'),
      explained(first, 'workload-rollout', '_x9 1x100'),
    ],
    told: [
      { at: '2m', firing: [marker('redis-memory-pressure')] },
      { at: '2m15s', firing: [] },
      { at: '5m', firing: [] },
    ],
  },
]
