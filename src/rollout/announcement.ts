import type { Instant, Millis } from '../core/time.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

/** A change that is announced in the cluster, beside its line in the ledger. */
export interface Announcement {
  /** The same for all replicas of the daemon, and for no other change. */
  readonly name: string
  readonly at: Instant
  readonly reason: 'RolloutProceed' | 'RolloutHold' | 'RolloutStop'
  readonly isWarning: boolean
  readonly note: string
}

/**
 * Two replicas of the daemon that have seen one change have made one line of it by then. What is announced is named after
 * that line, so that the second finds it announced.
 */
const SETTLED: Millis = 3 * SECOND

/** What is older was announced by a daemon before this one, or is news no longer. */
const NEWS: Millis = 2 * MINUTE

const reasons: Readonly<Record<string, Announcement['reason'] | undefined>> = {
  proceed: 'RolloutProceed',
  hold: 'RolloutHold',
  stop: 'RolloutStop',
}

/** What is to be announced now, the oldest first: each change of the verdict, and each stop condition that fires. */
export function announcements(ledger: Ledger, now: Instant): readonly Announcement[] {
  const recent = ledger.slice(ledger.findLastIndex(({ at }) => now - at > NEWS) + 1)
  return recent.filter(({ at }) => now - at >= SETTLED).flatMap(announced)
}

function announced({
  kind,
  subject,
  at,
  to = '',
  message,
  rollout,
  hash,
}: LedgerEntry): readonly Announcement[] {
  const isStop = subject.startsWith('stop-condition/') && to === 'firing'
  const reason = isStop ? 'RolloutStop' : subject === 'verdict' ? reasons[to] : undefined
  if (kind !== 'transition' || reason === undefined) return []
  const about = rollout === undefined ? '' : `${rollout}: `
  const what = isStop ? `${subject.slice(subject.indexOf('/') + 1)} fires: ` : ''
  return [
    {
      name: `caracal-gate-${hash.slice(0, 20)}`,
      at,
      reason,
      isWarning: reason === 'RolloutStop',
      note: `${about}${what}${message}`,
    },
  ]
}
