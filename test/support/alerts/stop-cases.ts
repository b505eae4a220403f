import { active, caracal, first, neighbours, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

const other: Replica = { ...second, target: { ...second.target, instance: '10.0.0.9:9465' } }

/** What is expected of the alert on any stop condition; `id` fires where the story says so. */
export function stopCases(id: string, component: string): readonly Case[] {
  const labels = { component, stop_condition: id }
  const critical = { severity: 'critical', ...labels, ...caracal }
  const warning = { severity: 'warning', ...labels, ...caracal }
  const latched = (replica: Replica, values: string) =>
    series('caracal_rollout_stop_condition_latched', replica, { stop_condition: id }, values)
  const state = (replica: Replica, values: string, name = 'firing', stop = id) =>
    series('caracal_rollout_stop_condition_state', replica, { stop_condition: stop, state: name }, values)
  return [
    {
      story: 'X17: two replicas see it in a rollout: one page, until both see it no more',
      series: [
        scraped(first),
        scraped(second),
        active(first, '1x100'),
        active(second, '1x100'),
        state(first, '0x3 1x7 0x100'),
        state(second, '0x4 1x7 0x100'),
      ],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [critical] },
        { at: '3m', firing: [critical] },
        { at: '3m15s', firing: [] },
      ],
    },
    {
      story: 'no rollout is under way: one warning',
      series: [
        scraped(first),
        scraped(second),
        active(first, '0x100'),
        active(second, '0x100'),
        state(first, '0x3 1x7 0x100'),
        state(second, '0x4 1x7 0x100'),
      ],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [warning] },
        { at: '3m', firing: [warning] },
        { at: '3m15s', firing: [] },
      ],
    },
    {
      story: 'it goes on while a rollout begins and ends: never a moment without, and no coming and going',
      series: [scraped(first), active(first, '0x7 1x8 0x100'), state(first, '0x3 1x100')],
      told: [
        { at: '1m45s', firing: [warning] },
        { at: '2m', firing: [critical] },
        { at: '4m', firing: [critical] },
        { at: '4m15s', firing: [warning] },
        { at: '20m', firing: [warning] },
      ],
    },
    {
      story: 'X17: it blinks, and is over: one page, which ends with the acknowledgement',
      series: [
        scraped(first),
        active(first, '1x100'),
        state(first, '1 0 0 0 1 0 0 0 0 0 0 1 0 0 0 1 0x100'),
        latched(first, '1x32 0x100'),
      ],
      told: [
        ...['0s', '15s', '90s', '3m', '8m'].map((at) => ({ at, firing: [critical] })),
        { at: '8m15s', firing: [] },
      ],
    },
    {
      story: 'X17: it is acknowledged while it fires: the page ends with the breach',
      series: [
        scraped(first),
        active(first, '1x100'),
        state(first, '1x15 0x100'),
        latched(first, '1x7 0x100'),
      ],
      told: [
        { at: '2m15s', firing: [critical] },
        { at: '3m45s', firing: [critical] },
        { at: '4m', firing: [] },
      ],
    },
    {
      story: 'X17: the rollout ends while it is latched: the page ends too',
      series: [
        scraped(first),
        active(first, '1x15 0x100'),
        state(first, '1x7 0x100'),
        latched(first, '1x100'),
      ],
      told: [
        { at: '3m45s', firing: [critical] },
        { at: '4m', firing: [] },
      ],
    },
    {
      story: 'one scrape in three is missing while it fires, and while it is latched: the page stays',
      series: [
        scraped(first, '1x1 stale 1x1 stale 1x1 stale 1x100'),
        active(first, '1x1 stale 1x1 stale 1x1 stale 1x100'),
        state(first, '1x1 stale 1x1 stale 0x1 stale 0x100'),
        latched(first, '1x1 stale 1x1 stale 1x1 stale 1x3 0x100'),
      ],
      told: [
        ...['15s', '30s', '45s', '75s', '2m', '2m15s', '3m'].map((at) => ({ at, firing: [critical] })),
        { at: '3m15s', firing: [] },
      ],
    },
    {
      story: 'the daemon goes for good while it fires: the page stays until another tells of that',
      series: [
        scraped(first, '1x8 stale'),
        active(first, '1x8 stale'),
        state(first, '1x8 stale'),
        latched(first, '0x8 stale'),
      ],
      told: [
        { at: '6m45s', firing: [critical] },
        { at: '7m15s', firing: [] },
      ],
    },
    {
      story: 'that it fires is not told any more: for five minutes the last word stands',
      series: [scraped(first), active(first, '1x100'), state(first, '1x8 stale')],
      told: [
        { at: '6m45s', firing: [critical] },
        { at: '7m15s', firing: [] },
      ],
    },
    {
      story: 'that it is latched is not told any more: for five minutes the last word stands',
      series: [scraped(first), active(first, '1x100'), state(first, '0x100'), latched(first, '1x8 stale')],
      told: [
        { at: '6m45s', firing: [critical] },
        { at: '7m15s', firing: [] },
      ],
    },
    {
      story: 'whether there is a rollout is not told any more: for five minutes the last word stands',
      series: [scraped(first), active(first, '1x8 stale'), state(first, '1x100')],
      told: [
        { at: '6m45s', firing: [critical] },
        { at: '7m15s', firing: [warning] },
      ],
    },
    {
      story: 'the daemon goes for good while it fires and there is no rollout',
      series: [scraped(first, '1x8 stale'), active(first, '0x8 stale'), state(first, '1x8 stale')],
      told: [
        { at: '6m45s', firing: [warning] },
        { at: '7m15s', firing: [] },
      ],
    },
    {
      story: 'the daemon is replaced while it fires: the page stays, from one replica to the next',
      series: [
        scraped(first, '1x8 stale'),
        active(first, '1x8 stale'),
        state(first, '0x3 1x4 stale'),
        scraped(other, '_x19 1x100'),
        active(other, '_x19 1x100'),
        state(other, '_x19 1x100'),
      ],
      told: ['1m', '2m15s', '4m45s', '5m', '12m'].map((at) => ({ at, firing: [critical] })),
    },
    {
      story: 'other releases have a rollout, or fire: each has its own alert',
      series: [
        ...[first, ...neighbours].map((replica) => scraped(replica)),
        ...[first, ...neighbours].map((replica, index) => active(replica, index === 0 ? '0x100' : '1x100')),
        state(first, '1x100'),
        ...neighbours.map((replica) => state(replica, '0x19 1x100')),
      ],
      told: [
        { at: '4m45s', firing: [warning] },
        {
          at: '5m',
          firing: [
            warning,
            { ...critical, cluster: 'west' },
            { ...critical, release_namespace: 'test' },
            { ...critical, release_name: 'other' },
          ],
        },
      ],
    },
    {
      story: 'it is pending or unknown, and others fire',
      series: [
        scraped(first),
        active(first, '0x20 1x100'),
        state(first, '0x100'),
        state(first, '1x100', 'pending'),
        state(first, '1x100', 'firing', 'another-stop'),
        state(first, '1x100', 'latched'),
      ],
      told: ['2m', '8m'].map((at) => ({ at, firing: [] })),
    },
    {
      story: 'nothing is known of it',
      series: [scraped(first), active(first, '1x100')],
      told: ['1m', '10m'].map((at) => ({ at, firing: [] })),
    },
  ]
}
