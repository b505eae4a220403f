import type { GroupSpec, StreamSpec } from '../rules/platform.ts'
import {
  compareIds,
  decodeGroup,
  type GroupInfo,
  type NamedGroup,
  type StreamInfo,
} from './redis-stream-info.ts'
import { MINUTE, type Millis } from '../core/time.ts'

/** Which groups of a stream matter now. */
export interface Selection {
  /** Groups that exist and are exported; undefined for one whose shape is not known. */
  readonly present: readonly { readonly name: string; readonly spec: GroupSpec; readonly group?: GroupInfo }[]
  /** Names of groups that should exist and do not. */
  readonly missing: readonly string[]
  /** Per-replica groups whose replica is alive, and those whose replica is gone. */
  readonly living: number
  readonly orphans: number
  /** Set when there are more candidates than were looked at, so that living ones may hide among the rest. */
  readonly crowded: boolean
}

/** Groups of gone replicas are never destroyed; a stream may gather thousands. */
const DECODED_AT_MOST = 200

/**
 * Sorts the groups of a stream by what is expected of them. Groups without a name in the configuration are ignored: they belong to
 * others.
 *
 * @param hostnames of the replicas that have groups of their own; empty when the configuration names none
 * @param alive whether the consumer of a group lives; asked only where the replicas are not named
 */
export function selectGroups(
  { groups: specs }: StreamSpec,
  groups: readonly NamedGroup[],
  hostnames: readonly string[],
  alive: (group: GroupInfo) => boolean,
): Selection {
  const byName = new Map(groups.map((group) => [group.name, group]))
  const fixed = specs.filter((spec) => spec.policy !== 'per-replica')
  const replicas = specs
    .filter((spec) => spec.policy === 'per-replica')
    .map((spec) =>
      hostnames.length > 0 ? namedReplicas(spec, byName, hostnames) : seenReplicas(spec, groups, alive),
    )
  return {
    present: [
      ...fixed.flatMap((spec) => presentIn(byName, spec.name, spec)),
      ...replicas.flatMap((part) => part.present),
    ],
    missing: [
      ...fixed.filter((spec) => spec.policy === 'required' && !byName.has(spec.name)).map(({ name }) => name),
      ...replicas.flatMap((part) => part.missing),
    ],
    living: replicas.reduce((sum, part) => sum + part.present.length, 0),
    orphans: replicas.reduce((sum, part) => sum + part.orphans, 0),
    crowded: replicas.some((part) => part.crowded),
  }
}

/** Names of the groups of a stream that must exist, as far as they are known beforehand. */
export function expectedGroups({ groups }: StreamSpec, hostnames: readonly string[]): readonly string[] {
  return groups.flatMap((spec) => {
    switch (spec.policy) {
      case 'required':
        return [spec.name]
      case 'per-replica':
        return hostnames.map((hostname) => `${spec.name}${hostname}`)
      case 'observer':
        return []
    }
  })
}

type Part = Omit<Selection, 'living'>

function namedReplicas(
  spec: GroupSpec,
  byName: ReadonlyMap<string, NamedGroup>,
  hostnames: readonly string[],
): Part {
  const names = [...new Set(hostnames)].map((hostname) => `${spec.name}${hostname}`)
  const present = names.flatMap((name) => presentIn(byName, name, spec))
  const candidates = [...byName.keys()].filter((name) => belongsTo(spec, name)).length
  return {
    present,
    missing: names.filter((name) => !byName.has(name)),
    orphans: candidates - present.length,
    crowded: false,
  }
}

function seenReplicas(
  spec: GroupSpec,
  groups: readonly NamedGroup[],
  alive: (group: GroupInfo) => boolean,
): Part {
  const candidates = groups.filter(({ name }) => belongsTo(spec, name))
  const looked = candidates.slice(0, DECODED_AT_MOST)
  const present = looked.flatMap((named) => {
    const group = decodeGroup(named)
    // A shape that is not known proves no death.
    if (group === undefined) return [{ name: named.name, spec }]
    return named.name.startsWith(spec.name) && alive(group) ? [{ name: named.name, spec, group }] : []
  })
  return {
    present,
    missing: [],
    orphans: looked.length - present.length,
    crowded: looked.length < candidates.length,
  }
}

/** Behind the prefix stands a host; the bare prefix without its colon is the group that all replicas once shared. */
function belongsTo({ name: prefix }: GroupSpec, name: string): boolean {
  return name.startsWith(prefix) || (prefix.endsWith(':') && name === prefix.slice(0, -1))
}

function presentIn(
  byName: ReadonlyMap<string, NamedGroup>,
  name: string,
  spec: GroupSpec,
): Selection['present'] {
  const named = byName.get(name)
  if (named === undefined) return []
  const group = decodeGroup(named)
  return [group === undefined ? { name, spec } : { name, spec, group }]
}

/** For how long a group has left entries unread that it could have taken; 0 when there are none. */
export type UnreadFor = (stream: string, info: StreamInfo, group: GroupInfo) => Millis

/**
 * Remembers since when each group leaves entries unread. Before Redis 7.2 a consumer that asks in vain leaves no
 * trace, so on a quiet stream a living consumer looks like a dead one; what tells them apart is that the dead one
 * also leaves entries lie that do arrive.
 *
 * @returns begins a look at a time by the clock of Redis
 */
export function rememberUnread(): (now: Millis) => UnreadFor {
  let known: ReadonlyMap<string, { readonly deliveredId: string; readonly since: Millis }> = new Map()
  return (now) => {
    const previous = known
    const next = new Map<string, { readonly deliveredId: string; readonly since: Millis }>()
    known = next
    return (stream, info, { name, lastDeliveredId }) => {
      if (info.firstId === undefined || compareIds(lastDeliveredId, info.lastId) >= 0) return 0
      const key = `${stream} ${name}`
      const before = previous.get(key)
      const since = before?.deliveredId === lastDeliveredId ? Math.min(before.since, now) : now
      next.set(key, { deliveredId: lastDeliveredId, since })
      return now - since
    }
  }
}

/** A per-replica group counts as alive for this long after its consumer asked. */
const ALIVE_FOR: Millis = MINUTE

/** When a consumer of the group last asked, as far as can be told; undefined when it never had one. */
export function lastSignOfLife(group: GroupInfo, unreadFor: Millis, now: Millis): Millis | undefined {
  if (group.lastAsked === undefined || group.showsAsking) return group.lastAsked
  return Math.max(group.lastAsked, now - unreadFor)
}

/** Whether a group has a consumer that is alive, where the replicas are not known. */
export function isAlive(group: GroupInfo, unreadFor: Millis, now: Millis): boolean {
  const sign = lastSignOfLife(group, unreadFor, now)
  return sign !== undefined && now - sign <= ALIVE_FOR
}
