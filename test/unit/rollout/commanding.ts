import { refusals } from '../../../src/core/refusal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { acknowledge, begin, type Result } from '../../../src/rollout/commands.ts'
import { playShown, type Shown } from '../../support/timeline.ts'

export const author = { actor: 'ann', reason: 'seen' }

/** The snapshot that a command gave. */
export function ok(result: Result): Snapshot {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.snapshot
}

/** Why a command was refused, in one line. */
export function refused(result: Result): string {
  if (result.ok) return 'accepted'
  const { status, title } = refusals[result.code]
  return `${status} ${title}`
}

/** A rollout that begins before anything was looked at, and what is shown then. */
export function inRollout(rules: Rules, script: readonly (readonly [number, Shown])[]): Snapshot {
  const from = ok(begin(initialSnapshot(0, rules), { ...author, id: 'r1' }, 0))
  return last(playShown(rules, script, from))
}

/** What is believed at the end. */
export function last(snapshots: readonly Snapshot[]): Snapshot {
  const snapshot = snapshots.at(-1)
  if (snapshot === undefined) throw new Error('nothing was played')
  return snapshot
}

/** Acknowledges the stop condition of the small rules. */
export function take(snapshot: Snapshot, at = snapshot.at): Result {
  return acknowledge(snapshot, 'deep', author, at)
}
