import { SECOND, type Millis } from '../core/time.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'
import { steadyClock } from './clock.ts'
import { isNews, isUrgent } from './state-news.ts'
import { inTurn, repeat } from './tasks.ts'
import { afterConflict, confirm, look, write, writeOnce, type Sharing } from './state-sharing.ts'
import type { Change, Kept } from './state-store.ts'

export const AFTER_FAILURE: Millis = SECOND

/** A watch may fall silent without an end, so it is looked what version there is as often as this. */
const LOOK: Millis = 1.5 * SECOND

/**
 * Two replicas see the same at the same moment. The last writer writes at once; the other waits for so long, and has
 * nothing to write any more when it has heard of that.
 */
const COURTESY: Millis = 250

/** A command is answered by then; it may have to wait for its turn, and for others who write. */
const KEEP_WITHIN: Millis = 6 * SECOND

/** What the watch says. */
export interface Watched {
  /** What it has shown, until it is known what that is. */
  shown: { readonly version: string | undefined } | undefined
  problem: string
}

/** When what is remembered here is written, and what others have written is looked at. */
export interface Keeping {
  readonly problem: string
  save(memory: Memory): Promise<void>
  keep(change: Change): Promise<Kept>
  /** The watch has shown something. */
  onShown(): void
  /** From now on it is looked whether others have written. */
  follow(): void
  close(): Promise<void>
}

export function openKeeping(sharing: Sharing, watched: Watched, pace: Millis): Keeping {
  const turns = inTurn()
  const runs = repeat(() => turns.next(settle))
  let problem = ''
  let isFollowing = false

  /** Takes in what others have written, and writes what is new. Returns when to try again. */
  async function settle(): Promise<Millis | undefined> {
    try {
      await takeIn(sharing, watched)
      await write(sharing)
      problem = ''
    } catch (fault) {
      problem = problemOf(sharing, fault)
      return AFTER_FAILURE * (0.5 + Math.random() / 2)
    }
    return isShown(sharing, watched) ? 0 : isFollowing ? LOOK * (0.8 + Math.random() * 0.4) : undefined
  }

  async function keep(change: Change, until: Millis): Promise<Kept> {
    try {
      if (steadyClock.now() > until) throw new Error('what was told before is still being written')
      await takeIn(sharing, watched)
      await keepOnce(sharing, change, until)
      problem = ''
      return { ok: true }
    } catch (fault) {
      problem = problemOf(sharing, fault)
      runs.plan(AFTER_FAILURE / 4)
      return { ok: false, message: problem }
    }
  }

  return {
    get problem() {
      return problem
    },
    save(next) {
      sharing.latest = next
      const isNow = isUrgent(sharing.kept ?? nothingRemembered, next)
      const due = isNow ? 0 : Math.max(0, sharing.writtenAt + pace - steadyClock.now())
      const courtesy = sharing.isOurs || !isFollowing ? 0 : COURTESY * (0.6 + 0.4 * Math.random())
      return runs.planned(problem === '' ? due + courtesy : Math.max(due, AFTER_FAILURE / 4))
    },
    keep(change) {
      const until = steadyClock.now() + KEEP_WITHIN
      return turns.next(() => keep(change, until))
    },
    onShown: () => void (isShown(sharing, watched) && runs.plan(0)),
    follow() {
      isFollowing = true
      runs.plan(LOOK)
    },
    close: () => runs.close(),
  }
}

/** Whether there is another version than the one that was read or written last; our own is shown to us too. */
function isShown(sharing: Sharing, { shown }: Watched): boolean {
  return shown !== undefined && shown.version !== sharing.version
}

async function takeIn(sharing: Sharing, watched: Watched): Promise<void> {
  const isNew = !sharing.isRead || isShown(sharing, watched)
  // A watch may be late: what it has shown is looked at once.
  watched.shown = undefined
  if (isNew) await look(sharing)
  else if (steadyClock.now() - sharing.seenAt > LOOK / 2) await confirm(sharing)
}

async function keepOnce(sharing: Sharing, { make, done }: Change, until: Millis): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    const next = make()
    if (next === undefined) return
    if (!isNews(sharing.kept, next) || (await writeOnce(sharing, next))) return done()
    if (steadyClock.now() > until) throw new Error('others write to it without pause')
    await afterConflict(sharing, turn)
  }
}

function problemOf({ configMap }: Sharing, fault: unknown): string {
  return `the state can't be kept in the ConfigMap ${configMap.name}: ${messageOf(fault)}`
}

export function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
