import type { StreamSpec } from '../checks/platform.ts'
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
} from '../checks/signals.ts'
import { isPartial, type RedisCommand, type RedisConnection, type RedisReply } from '../connections/redis.ts'
import { cannotTell, type Blindness, type BlindSpot } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import type { Look, Pace, Probe } from './probe.ts'
import { openCounter } from './redis-counts.ts'
import { lookAtGroup, questionsOf, type WatchedGroup } from './redis-group-look.ts'
import { expectedGroups, selectGroups, type Selection } from './redis-groups.ts'
import { cannotSee, joined, notUnderstood, redisTarget, valueOf } from './redis-look.ts'
import { decodeStream, decodeTime, type StreamInfo } from './redis-stream-info.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

const perGroup = [
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
type Sight =
  | { readonly kind: 'blind'; readonly spec: StreamSpec; readonly blindness: Blindness }
  | { readonly kind: 'absent'; readonly spec: StreamSpec }
  | {
      readonly kind: 'seen'
      readonly spec: StreamSpec
      readonly info: StreamInfo
      readonly selection: Selection
    }

export interface RedisStreamsOptions {
  readonly streams: readonly StreamSpec[]
  /** Of the replicas that have consumer groups of their own; empty where nobody named any. Asked at each look. */
  readonly hostnames: () => readonly string[]
  /** Largest lag that is judged: where Redis can't tell the lag, entries are counted up to one more. */
  readonly lagLimit: number
}

/** Looks at named streams and their consumer groups in one round trip; in two where Redis can't tell a group's lag. */
export function redisStreams(redis: RedisConnection, options: RedisStreamsOptions): Probe {
  const { streams, hostnames, lagLimit } = options
  const counter = openCounter(redis, lagLimit + 1)
  const commands: readonly RedisCommand[] = [
    ['TIME'],
    ...streams.map(({ name }) => ['XINFO', 'STREAM', name, 'FULL', 'COUNT', '1'] as const),
  ]

  return {
    name: 'redis-streams',
    provides: [streamExists, streamEntries, streamEntriesAdded, ...perGroup, perReplicaGroups, orphanGroups],
    targets: () => [redisTarget],
    pace: () => pace,
    async look() {
      const [clock, ...replies] = await redis.run(commands)
      const now = decodeTime(valueOf(clock))
      if (now === undefined) throw cannotSee(notUnderstood('something else than a time'))
      const hosts = hostnames()
      const sights = streams.map((spec, at) => sightOf(spec, replies[at], hosts, now))
      const groups = sights.flatMap(watchedIn)
      const counts = await counter.count(groups.flatMap(questionsOf), now)
      return joined([
        ...sights.map((sight) => lookAtStream(sight, hosts)),
        ...groups.map((group) => lookAtGroup(group, counts, now)),
      ])
    },
  }
}

/** @throws CannotSee for what concerns the whole of Redis and not this stream alone */
function sightOf(
  spec: StreamSpec,
  reply: RedisReply | undefined,
  hosts: readonly string[],
  now: Millis,
): Sight {
  if (reply?.ok === false && isPartial(reply.blindness))
    return reply.blindness.reason === 'redis_no_such_key'
      ? { kind: 'absent', spec }
      : { kind: 'blind', spec, blindness: onStream(spec, reply.blindness) }
  const info = decodeStream(valueOf(reply))
  if (info === undefined)
    return { kind: 'blind', spec, blindness: onStream(spec, notUnderstood('no stream')) }
  return { kind: 'seen', spec, info, selection: selectGroups(spec, info.groups, hosts, now) }
}

function onStream({ name }: StreamSpec, blindness: Blindness): Blindness {
  return { ...blindness, message: `${name}: ${blindness.message}` }
}

function watchedIn(sight: Sight): readonly WatchedGroup[] {
  if (sight.kind !== 'seen') return []
  return sight.selection.present.map((present) => ({
    ...present,
    stream: sight.spec.name,
    info: sight.info,
  }))
}

function lookAtStream(sight: Sight, hosts: readonly string[]): Look {
  const { kind, spec } = sight
  const labels = { stream: spec.name }
  switch (kind) {
    case 'blind':
      return { readings: [], blindSpots: blindSpotsOf(spec, hosts, sight.blindness) }
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
      ? {
          readings: [],
          blindSpots: [groupLag, perReplicaGroups, orphanGroups].map((signal) =>
            cannotTell(signal, labels, crowded(spec)),
          ),
        }
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
    blindSpots: entriesAdded === undefined ? [cannotTell(streamEntriesAdded, labels, tooOld)] : [],
  }
  return joined([basics, replicas])
}

const tooOld: Blindness = {
  unknownReason: 'ambiguous',
  reason: 'redis_too_old',
  message: 'Redis does not count the entries that were added: run Redis 7.0 or later',
}

function crowded({ name }: StreamSpec): Blindness {
  return {
    unknownReason: 'ambiguous',
    reason: 'redis_too_many_groups',
    message: `${name} has too many consumer groups of former replicas: destroy them, or configure the hostnames of the replicas`,
  }
}

function hasReplicaGroups({ groups }: StreamSpec): boolean {
  return groups.some(({ policy }) => policy === 'per-replica')
}

/** Everything that is expected of a stream that can't be seen. Nothing is expected of observers. */
function blindSpotsOf(
  spec: StreamSpec,
  hosts: readonly string[],
  blindness: Blindness,
): readonly BlindSpot[] {
  const labels = { stream: spec.name }
  const groups: readonly { stream: string; group?: string }[] = [
    ...expectedGroups(spec, hosts).map((group) => ({ ...labels, group })),
    ...(hasReplicaGroups(spec) && hosts.length === 0 ? [labels] : []),
  ]
  return [
    ...[streamExists, streamEntries, streamEntriesAdded].map((signal) =>
      cannotTell(signal, labels, blindness),
    ),
    ...(hasReplicaGroups(spec)
      ? [perReplicaGroups, orphanGroups].map((signal) => cannotTell(signal, labels, blindness))
      : []),
    ...groups.flatMap((group) => perGroup.map((signal) => cannotTell(signal, group, blindness))),
  ]
}
