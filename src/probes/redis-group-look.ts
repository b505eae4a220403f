import { addedAt, backlogOf, lossOf, type GroupInfo, type StreamInfo } from './redis-stream-info.ts'
import type { GroupSpec } from '../rules/platform.ts'
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
} from '../rules/signals.ts'
import type { Unavailable } from '../core/observation.ts'
import { read, type Signal } from '../core/signal.ts'
import { MINUTE, SECOND, type Millis } from '../core/time.ts'
import { blindLook, joined, type Look } from './probe.ts'
import { questionKey, type Counts, type Question } from './redis-counts.ts'
import { lastSignOfLife } from './redis-groups.ts'
import { notUnderstood } from './redis.ts'
import { reasonsOf, type Reasons } from './declaration.ts'

/** A group that exists and is exported; `group` is absent when its shape is not known. */
export interface WatchedGroup {
  readonly stream: string
  readonly info: StreamInfo
  readonly name: string
  readonly spec: GroupSpec
  readonly group?: GroupInfo
  /** For how long it has left entries unread, in milliseconds. */
  readonly unreadFor: Millis
}

type GroupSignal = Signal<'stream' | 'group'>
type Labels = { readonly stream: string; readonly group: string }

export const groupReasons = {
  redis_lag_unknown: ['Redis can not tell the lag of a group', '# the group reads on, then it can'],
  redis_consumers_unknown: [
    'before Redis 7.2 a consumer shows only once it got an entry',
    '# run Redis 7.2 or newer, or wait for the first entry',
  ],
  redis_loss_unknown: ['Redis does not know what the group has read', '# the group reads on, then it does'],
  redis_clock: [
    'entries have times ahead of the clock of Redis',
    'chronyc makestep   # on the host of Redis; without chrony: timedatectl set-ntp true',
  ],
} as const satisfies Reasons
const reasonOf = reasonsOf(groupReasons)

const signals = [
  groupLag,
  groupLagKnown,
  groupPending,
  groupOldestPendingIdle,
  groupOldestPendingAge,
  groupConsumers,
  groupConsumerIdle,
  groupLost,
] as const

// Clocks that are set back, not merely slewed. Beyond it an id or a time can't be compared with the clock of Redis.
const CLOCK_TOLERANCE: Millis = MINUTE

// A consumer that waits for an entry takes it at once; one that polls does within its period of some seconds.
const TAKEN_WITHIN: Millis = 10 * SECOND

/** What must be counted before the group can be told of. */
export function questionsOf({ stream, info, name, spec, group }: WatchedGroup): readonly Question[] {
  if (group === undefined) return []
  const questions: Question[] = []
  const { lastDeliveredId, pending, oldestPending } = group
  if (backlogOf(info, group) === 'uncounted')
    questions.push({
      kind: 'undelivered',
      stream,
      group: name,
      id: lastDeliveredId,
      basis: info.entriesAdded === undefined ? `${lastDeliveredId} ${info.length}` : lastDeliveredId,
      added: info.entriesAdded ?? 0,
    })
  if (spec.evidence === true && info.firstId !== undefined && lossOf(info, group).pending === 'uncounted')
    questions.push({
      kind: 'trimmed',
      stream,
      group: name,
      id: info.firstId,
      basis: `${info.firstId} ${pending} ${oldestPending?.id}`,
      added: 0,
    })
  return questions
}

/** What the looks at the groups of one round have in common. */
export interface Batch {
  readonly counts: Counts
  /** By the clock of Redis. */
  readonly now: Millis
  /** The last whole second of it. Ages are told as of then, so that a group at rest is not news ten times in a second. */
  readonly second: Millis
  /** Whether this Redis shows consumers that ask in vain; undefined when that is not known. */
  readonly showsAsking: boolean | undefined
}

/** Everything that is exported of one group that exists. */
export function lookAtGroup(watched: WatchedGroup, round: Batch): Look {
  const { stream, info, name, spec, group } = watched
  const { counts, second } = round
  const labels = { stream, group: name }
  const exists = { readings: [read(groupExists, labels, 1)] }
  const seen =
    group === undefined
      ? blindLook(signals, labels, notUnderstood(`a group of another shape (${stream}/${name})`))
      : joined([
          lookAtLag(labels, info, group, counts),
          lookAtPending(labels, group, second),
          lookAtConsumers(labels, group, watched.unreadFor, round),
          lookAtLoss(labels, info, group, counts),
        ])
  // Nothing is expected of an observer, so what can't be seen of it is no blind spot.
  return joined([exists, spec.policy === 'observer' ? { readings: seen.readings } : seen])
}

function lookAtLag(labels: Labels, info: StreamInfo, group: GroupInfo, counts: Counts): Look {
  const known = read(groupLagKnown, labels, group.lag === undefined ? 0 : 1)
  const backlog = backlogOf(info, group)
  if (backlog !== 'uncounted') {
    const { entries, estimated } = backlog
    return { readings: [known, read(groupLag, labels, entries, estimated ? 'estimated' : undefined)] }
  }
  const count = counts.get(questionKey({ kind: 'undelivered', ...labels }))
  if (count?.ok === true && count.conclusive) {
    const entries = Math.min(count.entries, info.length)
    const detail = count.atLeast ? 'estimated, at least' : 'estimated'
    return { readings: [known, read(groupLag, labels, entries, detail)] }
  }
  const why = count === undefined || count.ok ? 'too many to count at this look' : count.unavailable.message
  return joined([
    { readings: [known] },
    blindLook([groupLag], labels, unknowable('redis_lag_unknown', labels, 'what it lags', why)),
  ])
}

function lookAtPending(labels: Labels, { pending, oldestPending }: GroupInfo, second: Millis): Look {
  const entries = read(groupPending, labels, pending)
  if (oldestPending === undefined)
    return {
      readings: [entries, read(groupOldestPendingIdle, labels, 0), read(groupOldestPendingAge, labels, 0)],
    }
  return joined([
    { readings: [entries] },
    since(groupOldestPendingIdle, labels, oldestPending.deliveredAt, second),
    since(groupOldestPendingAge, labels, addedAt(oldestPending.id), second),
  ])
}

function lookAtConsumers(labels: Labels, group: GroupInfo, unreadFor: Millis, round: Batch): Look {
  const { now, second, showsAsking } = round
  const sign = lastSignOfLife(group, unreadFor, now)
  if (sign !== undefined)
    return joined([
      { readings: [read(groupConsumers, labels, group.consumers)] },
      since(groupConsumerIdle, labels, sign, second),
    ])
  // Entries that stay unread prove that no consumer asks.
  if (showsAsking === true || unreadFor > TAKEN_WITHIN) return { readings: [read(groupConsumers, labels, 0)] }
  const why =
    'before Redis 7.2 a consumer shows only once it got an entry; run a later one, or wait for the first entry'
  return blindLook(
    [groupConsumers],
    labels,
    unknowable('redis_consumers_unknown', labels, 'who reads it', why),
  )
}

function lookAtLoss(labels: Labels, info: StreamInfo, group: GroupInfo, counts: Counts): Look {
  const { undelivered, pending } = lossOf(info, group)
  if (undelivered === 'unknowable') {
    const why =
      'entries were removed and Redis does not know what the group has read; it will when the group reads on'
    return blindLook([groupLost], labels, unknowable('redis_loss_unknown', labels, 'what it lost', why))
  }
  if (pending !== 'uncounted') return { readings: [read(groupLost, labels, undelivered + pending)] }
  const count = counts.get(questionKey({ kind: 'trimmed', ...labels }))
  const exact = count?.ok === true && !count.atLeast
  // The oldest pending entry is gone, that much is certain.
  const gone = count?.ok === true ? Math.max(1, count.entries) : 1
  return { readings: [read(groupLost, labels, undelivered + gone, exact ? undefined : 'at least')] }
}

/** Whole seconds between a time and the last whole second by the clock of Redis. */
function since(signal: GroupSignal, labels: Labels, then: Millis, second: Millis): Look {
  const span = second - then
  if (span >= -CLOCK_TOLERANCE)
    return { readings: [read(signal, labels, Math.floor(Math.max(0, span) / SECOND))] }
  return blindLook(
    [signal],
    labels,
    reasonOf(
      'contradictory',
      'redis_clock',
      `${labels.stream}/${labels.group} has times ahead of the clock of Redis: its clock was set back, or entries were added with ids of their own`,
    ),
  )
}

function unknowable(
  reason: keyof typeof groupReasons,
  { stream, group }: Labels,
  what: string,
  because: string,
): Unavailable {
  return reasonOf('ambiguous', reason, `${stream}/${group}: ${what} is unknown: ${because}`)
}
