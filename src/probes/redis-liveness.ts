import { MINUTE, type Millis } from '../core/time.ts'
import { compareIds, type GroupInfo, type StreamInfo } from './redis-stream-info.ts'

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

/** Whether a group has a consumer that is alive, where nobody said which replicas exist. */
export function isAlive(group: GroupInfo, unreadFor: Millis, now: Millis): boolean {
  const sign = lastSignOfLife(group, unreadFor, now)
  return sign !== undefined && now - sign <= ALIVE_FOR
}
