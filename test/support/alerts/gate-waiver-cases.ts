import { active, caracal, first, scraped, second, series } from './world.ts'
import type { Case, Replica } from './world.ts'

/** A gate that does not count, as the alerts on gates are given it. */

export const inRollout = [scraped(first), scraped(second), active(first, '1x200'), active(second, '1x200')]

export const unknown = {
  severity: 'warning',
  component: 'rollout',
  gate: 'readiness',
  state: 'unknown',
  ...caracal,
}

export function gate(replica: Replica, state: string, values: string, name = 'readiness') {
  return series('caracal_rollout_gate_state', replica, { gate: name, state }, values)
}

/** That the gate does not count. */
function waived(replica: Replica, mode: string, values: string, ref = 'gates/readiness') {
  return series('caracal_rollout_not_enforced_until_timestamp_seconds', replica, { ref, mode }, values)
}

export const unknownWaived: readonly Case[] = [
  {
    story: 'a gate in shadow is unknown, and counts again after five minutes',
    series: [...inRollout, gate(first, 'unknown', '1x100'), waived(first, 'shadow', '9000x20 stale')],
    told: [
      { at: '3m', firing: [] },
      { at: '8m', firing: [] },
      { at: '8m15s', firing: [unknown] },
    ],
  },
  {
    story: 'a gate that is unknown is overridden: the alert ends at once',
    series: [
      ...inRollout,
      gate(first, 'unknown', '1x100'),
      gate(second, 'unknown', '1x100'),
      ...[first, second].map((replica) => waived(replica, 'overridden', '_x20 9000x80')),
    ],
    told: [
      { at: '4m45s', firing: [unknown] },
      { at: '5m', firing: [] },
    ],
  },
  {
    story: 'only one of its checks is in shadow',
    series: [
      ...inRollout,
      gate(first, 'unknown', '1x100'),
      waived(first, 'shadow', '9000x100', 'gates/readiness/checks/ready-sts'),
    ],
    told: [{ at: '3m', firing: [unknown] }],
  },
]

export const flappingWaived: Case = {
  story: 'a gate that turns is in shadow',
  series: [...inRollout, gate(first, 'pass', '0 1 0 1 0 1 0 1x100'), waived(first, 'shadow', '9000x100')],
  told: ['1m45s', '10m'].map((at) => ({ at, firing: [] })),
}
