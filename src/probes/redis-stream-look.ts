import { expectedGroups, type Selection } from './redis-groups.ts'
import type { StreamSpec } from '../rules/platform.ts'
import {
  groupConsumerIdle,
  groupConsumers,
  groupExists,
  groupLag,
  groupLagKnown,
  groupLost,
  groupOldestPendingAge,
  groupOldestPendingIdle,
  groupPending,
  orphanGroups,
  perReplicaGroups,
  streamEntries,
  streamEntriesAdded,
  streamExists,
} from '../rules/signals.ts'
import { blindSpot, type BlindSpot, type Unavailable } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { blindLook, joined, type Look } from './probe.ts'
import type { StreamInfo } from './redis-stream-info.ts'
import { reasonsOf, type Reasons } from './declaration.ts'
import { redisReasons } from './reasons.ts'

/** The signals of every group. */
export const perGroup = [
  groupExists,
  groupLag,
  groupLagKnown,
  groupPending,
  groupOldestPendingIdle,
  groupOldestPendingAge,
  groupConsumers,
  groupConsumerIdle,
  groupLost,
] as const

/** What one stream turned out to be: it can't be seen, it is not there, or it has groups. */
export type Sight =
  | { readonly kind: 'blind'; readonly spec: StreamSpec; readonly unavailable: Unavailable }
  | { readonly kind: 'absent'; readonly spec: StreamSpec }
  | {
      readonly kind: 'seen'
      readonly spec: StreamSpec
      readonly info: StreamInfo
      readonly selection: Selection
    }

/** What is exported of a stream itself, and of the groups that it lacks. */
export function lookAtStream(sight: Sight, hosts: readonly string[]): Look {
  const { kind, spec } = sight
  const labels = { stream: spec.name }
  switch (kind) {
    case 'blind':
      return { readings: [], blindSpots: blindSpotsOf(spec, hosts, sight.unavailable) }
    case 'absent':
      return {
        readings: [
          read(streamExists, labels, 0),
          read(streamEntries, labels, 0),
          read(streamEntriesAdded, labels, 0),
          ...expectedGroups(spec, hosts).map((group) => read(groupExists, { ...labels, group }, 0)),
          ...(hasReplicaGroups(spec)
            ? [read(perReplicaGroups, labels, 0), read(orphanGroups, labels, 0)]
            : []),
        ],
      }
    case 'seen':
      return lookAtExisting(sight.info, sight.selection, spec)
  }
}

function lookAtExisting(info: StreamInfo, selection: Selection, spec: StreamSpec): Look {
  const labels = { stream: spec.name }
  const { entriesAdded } = info
  const replicas = !hasReplicaGroups(spec)
    ? { readings: [] }
    : selection.crowded
      ? blindLook<'stream' | 'group'>([groupLag, perReplicaGroups, orphanGroups], labels, crowded(spec))
      : {
          readings: [
            read(perReplicaGroups, labels, selection.living),
            read(orphanGroups, labels, selection.orphans),
          ],
        }
  const basics: Look = {
    readings: [
      read(streamExists, labels, 1),
      read(streamEntries, labels, info.length),
      ...(entriesAdded === undefined ? [] : [read(streamEntriesAdded, labels, entriesAdded)]),
      ...selection.missing.map((group) => read(groupExists, { ...labels, group }, 0)),
    ],
    blindSpots: entriesAdded === undefined ? [blindSpot(streamEntriesAdded, labels, tooOld)] : [],
  }
  return joined([basics, replicas])
}

export const streamReasons = {
  redis_too_many_groups: [
    'a stream has too many consumer groups of former replicas',
    'redis-cli XGROUP DESTROY <stream> <group>   # of each former replica',
  ],
} as const satisfies Reasons
const why = reasonsOf({ ...redisReasons, ...streamReasons })

const tooOld = why(
  'ambiguous',
  'redis_too_old',
  'Redis does not count the entries that were added: run Redis 7.0 or later',
)

function crowded({ name }: StreamSpec): Unavailable {
  return why(
    'ambiguous',
    'redis_too_many_groups',
    `${name} has too many consumer groups of former replicas: destroy them, or configure the hostnames of the replicas`,
  )
}

function hasReplicaGroups({ groups }: StreamSpec): boolean {
  return groups.some(({ policy }) => policy === 'per-replica')
}

/** Everything that is expected of a stream that can't be seen. Nothing is expected of observers. */
function blindSpotsOf(
  spec: StreamSpec,
  hosts: readonly string[],
  unavailable: Unavailable,
): readonly BlindSpot[] {
  const labels = { stream: spec.name }
  const groups: readonly { stream: string; group?: string }[] = [
    ...expectedGroups(spec, hosts).map((group) => ({ ...labels, group })),
    ...(hasReplicaGroups(spec) && hosts.length === 0 ? [labels] : []),
  ]
  return [
    ...[streamExists, streamEntries, streamEntriesAdded].map((signal) =>
      blindSpot(signal, labels, unavailable),
    ),
    ...(hasReplicaGroups(spec)
      ? [perReplicaGroups, orphanGroups].map((signal) => blindSpot(signal, labels, unavailable))
      : []),
    ...groups.flatMap((group) => perGroup.map((signal) => blindSpot(signal, group, unavailable))),
  ]
}
