import { lookAtStream, perGroup, streamReasons, type Sight } from './redis-stream-look.ts'
import type { StreamSpec } from '../rules/platform.ts'
import {
  orphanGroups,
  perReplicaGroups,
  streamEntries,
  streamEntriesAdded,
  streamExists,
} from '../rules/signals.ts'
import { isPartial, type RedisCommand, type RedisConnection, type RedisReply } from '../connections/redis.ts'
import type { Unavailable } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { ProbeError, joined, type Look, type Pace, type Probe } from './probe.ts'
import { countReasons, openCounter } from './redis-counts.ts'
import { groupReasons, lookAtGroup, questionsOf, type WatchedGroup } from './redis-group-look.ts'
import { isAlive, rememberUnread, selectGroups, type UnreadFor } from './redis-groups.ts'
import { notUnderstood, redisTarget, streamInfoNeed, versionOf, valueOf } from './redis.ts'
import { decodeStream, decodeTime, type GroupInfo } from './redis-stream-info.ts'
import type { Declaration } from './declaration.ts'
import type { Discovery } from './replicas.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

const about = {
  name: 'redis-streams',
  provides: [streamExists, streamEntries, streamEntriesAdded, ...perGroup, perReplicaGroups, orphanGroups],
} as const

export const declaration: Declaration = {
  ...about,
  reads: 'streams and their consumer groups',
  asks: 'redis',
  pace,
  needs: {
    commands: [
      { rule: '+time', without: 'so nothing of the streams is read', blinds: true, tries: () => [['TIME']] },
      streamInfoNeed((streams) => streams),
      {
        rule: '+xrange',
        without: 'so a lag that only counting tells is unknown',
        blinds: true,
        // From the end to the beginning there is nothing.
        tries: (streams) => streams.map(({ name }) => ['XRANGE', name, '+', '-', 'COUNT', '1']),
      },
      {
        rule: '+xpending',
        without: 'so audit events that were trimmed while pending are unknown',
        blinds: true,
        tries: (streams) =>
          streams.flatMap(({ name, groups }) =>
            groups.slice(0, 1).map((group) => ['XPENDING', name, group.name, '-', '-', '1'] as const),
          ),
      },
    ],
  },
  reasons: { ...streamReasons, ...groupReasons, ...countReasons },
  open: ({ redis, streams, discovery, lagLimit }) =>
    redisStreams(redis, { streams, hostnames: () => gatewayHostnames(discovery), lagLimit }),
}

function gatewayHostnames(discovery: Discovery): readonly string[] {
  return discovery
    .replicas()
    .flatMap(({ component, hostname }) => (component === 'gateway' ? (hostname ?? []) : []))
}

export interface RedisStreamsOptions {
  readonly streams: readonly StreamSpec[]
  /** Of the replicas that have consumer groups of their own; empty where none are named. Asked at each look. */
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

  const unread = rememberUnread()
  let showsAsking: boolean | undefined

  /** One consumer tells for all; where there is none, the version does. */
  async function asksShow(groups: readonly WatchedGroup[]): Promise<boolean | undefined> {
    const told = groups.map(({ group }) => group?.showsAsking).find((shows) => shows !== undefined)
    showsAsking = told ?? showsAsking
    if (showsAsking === undefined && groups.some(({ group }) => group?.consumers === 0)) {
      const [info] = await redis.run([['INFO', 'server']])
      showsAsking = info?.ok === true && (versionOf(String(info.value))?.number ?? 0) >= 702
    }
    return showsAsking
  }

  async function look(): Promise<Look> {
    const [clock, ...replies] = await redis.run(commands)
    const now = decodeTime(valueOf(clock))
    if (now === undefined) throw new ProbeError(notUnderstood('something else than a time'))
    const hosts = hostnames()
    const unreadFor = unread(now)
    const sights = streams.map((spec, at) => sightOf(spec, replies[at], { hosts, unreadFor, now }))
    const groups = sights.flatMap((sight) => watchedIn(sight, unreadFor))
    const counts = await counter.count(groups.flatMap(questionsOf), now)
    const round = { counts, now, showsAsking: await asksShow(groups) }
    return joined([
      ...sights.map((sight) => lookAtStream(sight, hosts)),
      ...groups.map((group) => lookAtGroup(group, round)),
    ])
  }

  return {
    ...about,
    targets: () => [redisTarget],
    pace: () => pace,
    look: () =>
      look().catch((error: unknown) => {
        // Behind the same address there may be another server next time.
        showsAsking = undefined
        throw error
      }),
  }
}

interface Circumstances {
  readonly hosts: readonly string[]
  readonly unreadFor: UnreadFor
  readonly now: Millis
}

/** @throws ProbeError for what concerns the whole of Redis and not this stream alone */
function sightOf(
  spec: StreamSpec,
  reply: RedisReply | undefined,
  { hosts, unreadFor, now }: Circumstances,
): Sight {
  if (reply?.ok === false && isPartial(reply.unavailable))
    return reply.unavailable.reason === 'redis_no_such_key'
      ? { kind: 'absent', spec }
      : { kind: 'blind', spec, unavailable: onStream(spec, reply.unavailable) }
  const info = decodeStream(valueOf(reply))
  if (info === undefined)
    return { kind: 'blind', spec, unavailable: onStream(spec, notUnderstood('no stream')) }
  const alive = (group: GroupInfo) => isAlive(group, unreadFor(spec.name, info, group), now)
  return { kind: 'seen', spec, info, selection: selectGroups(spec, info.groups, hosts, alive) }
}

function onStream({ name }: StreamSpec, unavailable: Unavailable): Unavailable {
  return { ...unavailable, message: `${name}: ${unavailable.message}` }
}

function watchedIn(sight: Sight, unreadFor: UnreadFor): readonly WatchedGroup[] {
  if (sight.kind !== 'seen') return []
  const { spec, info, selection } = sight
  return selection.present.map((present) => ({
    ...present,
    stream: spec.name,
    info,
    unreadFor: present.group === undefined ? 0 : unreadFor(spec.name, info, present.group),
  }))
}
