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
import {
  areSame,
  notUnderstood,
  redisTarget,
  sameWhileSame,
  streamInfoNeed,
  versionOf,
  valueOf,
} from './redis.ts'
import { decodeStream, decodeTime, type GroupInfo, type StreamInfo } from './redis-stream-info.ts'
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
  const watched = streams.map((spec) => ({
    spec,
    decode: sameWhileSame(([reply]) => decodeStream(valueOf(reply))),
  }))
  let showsAsking: boolean | undefined
  let last: Round | undefined

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
    const second = Math.floor(now / SECOND) * SECOND
    const hosts = hostnames()
    if (last !== undefined && stands(last, { replies, second, hosts })) return last.look
    const unreadFor = unread(now)
    const sights = watched.map(({ spec, decode }, at) =>
      sightOf(spec, replies.slice(at, at + 1), { hosts, unreadFor, now, decode }),
    )
    const groups = sights.flatMap((sight) => watchedIn(sight, unreadFor))
    const questions = groups.flatMap(questionsOf)
    const counts = await counter.count(questions, now)
    const round = { counts, now, second, showsAsking: await asksShow(groups) }
    const seen = joined([
      ...sights.map((sight) => lookAtStream(sight, hosts)),
      ...groups.map((group) => lookAtGroup(group, round)),
    ])
    last = { replies, second, hosts, look: seen, isWhole: questions.length === 0 }
    return seen
  }

  return {
    ...about,
    targets: () => [redisTarget],
    pace: () => pace,
    look: () =>
      look().catch((error: unknown) => {
        // Behind the same address there may be another server next time.
        showsAsking = undefined
        last = undefined
        throw error
      }),
  }
}

/** What one round of questions said, and the look that was made of it. */
interface Round {
  readonly replies: readonly RedisReply[]
  readonly second: Millis
  readonly hosts: readonly string[]
  readonly look: Look
  /** Nothing had to be counted beside. */
  readonly isWhole: boolean
}

function stands(
  last: Round,
  { replies, second, hosts }: Pick<Round, 'replies' | 'second' | 'hosts'>,
): boolean {
  return (
    last.isWhole &&
    second === last.second &&
    hosts.length === last.hosts.length &&
    hosts.every((host, at) => host === last.hosts[at]) &&
    areSame(replies, last.replies)
  )
}

interface Circumstances {
  readonly hosts: readonly string[]
  readonly unreadFor: UnreadFor
  readonly now: Millis
  readonly decode: (answer: readonly RedisReply[]) => StreamInfo | undefined
}

/** @throws ProbeError for what concerns the whole of Redis and not this stream alone */
function sightOf(
  spec: StreamSpec,
  answer: readonly RedisReply[],
  { hosts, unreadFor, now, decode }: Circumstances,
): Sight {
  const [reply] = answer
  if (reply?.ok === false && isPartial(reply.unavailable))
    return reply.unavailable.reason === 'redis_no_such_key'
      ? { kind: 'absent', spec }
      : { kind: 'blind', spec, unavailable: onStream(spec, reply.unavailable) }
  const info = decode(answer)
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
