import { platformAlerts } from '../../../alerts/source/platform.ts'
import { elsewhere, place } from './platform-world.ts'
import { caracal, first, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

const ref = 'gates/readiness/checks/ready-sts'

function until(replica: Replica, mode: string, values: string) {
  return series('caracal_rollout_not_enforced_until_timestamp_seconds', replica, { ref, mode }, values)
}

function expired(replica: Replica, values: string) {
  return series('caracal_rollout_shadow_expired_timestamp_seconds', replica, { ref }, values)
}

const of = { component: 'rollout', ref, ...caracal }
const overridden = { severity: 'warning', mode: 'overridden', ...of }
const expiring = { severity: 'info', mode: 'shadow', ...of }
const over = { severity: 'warning', ...of }
const both = [scraped(first, '1x400'), scraped(second, '1x400')]

/** What does not count, and what should not be in shadow any more. */
export const waiverCases: Readonly<Record<string, readonly Case[]>> = {
  CaracalGateOverridden: [
    {
      story: 'a check is overridden for five minutes, and another replica says so a little later',
      series: [
        ...both,
        until(first, 'overridden', '300x20 stale'),
        until(second, 'overridden', '_ 300x19 stale'),
      ],
      told: [
        { at: '0s', firing: [overridden] },
        { at: '5m', firing: [overridden] },
        { at: '5m15s', firing: [] },
      ],
    },
    {
      story: 'a check is in shadow',
      series: [...both, until(first, 'shadow', '9000000x100')],
      told: [{ at: '5m', firing: [] }],
    },
  ],
  CaracalGateShadowExpiring: [
    {
      story: 'a shadow ends in a day and ten minutes, and then counts',
      series: [...both, until(first, 'shadow', '87000x100 stale')],
      told: [
        { at: '9m45s', firing: [] },
        { at: '10m', firing: [] },
        { at: '10m15s', firing: [expiring] },
        { at: '25m', firing: [expiring] },
        { at: '25m15s', firing: [] },
      ],
    },
    {
      story: 'an override ends in less than a day',
      series: [...both, until(first, 'overridden', '7200x100')],
      told: [{ at: '5m', firing: [] }],
    },
  ],
  CaracalGateShadowExpired: [
    {
      story: 'a shadow is over, until the configuration has it no more',
      series: [...both, expired(first, '_x4 60x20 stale')],
      told: [
        { at: '45s', firing: [] },
        { at: '1m', firing: [over] },
        { at: '6m', firing: [over] },
        { at: '6m15s', firing: [] },
      ],
    },
  ],
}

/** The first story of an alert of the second path, while the exporter says that its stop condition does not count, and not. */
export function secondPathWaived(name: string, [story]: readonly Case[]): readonly Case[] {
  const stop = platformAlerts.find((alert) => alert.name === name)?.labels?.['stop_condition']
  if (stop === undefined || story === undefined) return []
  const waived = (n: number, { cluster, namespace }: typeof place, id: string): Case['series'] => {
    const target = { cluster, namespace: 'gate', job: 'caracal-gate', instance: `10.0.0.${n}:9465` }
    const replica = { target, release: { release_namespace: namespace, release_name: 'caracal' } }
    const item = { ref: `stop-conditions/${id}`, mode: 'shadow' }
    const until = 'caracal_rollout_not_enforced_until_timestamp_seconds'
    return [scraped(replica), series(until, replica, item, '9000000x200')]
  }
  return [
    {
      story: `${story.story}: the stop condition does not count`,
      series: [...story.series, ...waived(1, place, stop)],
      told: story.told.map(({ at }) => ({ at, firing: [] })),
    },
    {
      story: `${story.story}: another one does not count, or the same one of another release`,
      series: [
        ...story.series,
        ...waived(1, place, 'other'),
        ...waived(2, elsewhere, stop),
        ...waived(3, { ...place, cluster: 'east' }, stop),
      ],
      told: story.told,
    },
  ]
}
