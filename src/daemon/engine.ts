import { bringsNews } from '../core/belief.ts'
import type { Batch } from '../core/observation.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Clock, Instant, Millis } from '../core/time.ts'
import { latchStanding } from '../rollout/adoption.ts'
import type { Result } from '../rollout/commands.ts'
import type { Event } from '../rollout/ledger.ts'
import type { Memory } from '../rollout/memory.ts'
import { merge } from '../rollout/merge.ts'
import { openInbox } from './inbox.ts'
import { newPasses } from './passes.ts'
import { openJudgement, type EngineStats, type Judgement, type JudgementOptions } from './judgement.ts'
import type { StateStore } from './state-store.ts'

/** How old a snapshot may be that is published; a document is worth three times that. */
export const EVALUATION_INTERVAL: Millis = 1_000

export interface EngineOptions extends JudgementOptions {
  /** Keeps what must survive a restart. */
  readonly store: Pick<StateStore, 'save' | 'keep' | 'unseen'>
  /**
   * Called with every snapshot, right after it became current.
   * @param isNews false where only the dates of looks moved on
   */
  onSnapshot(snapshot: Snapshot, isNews: boolean): void
}

/** What a command makes of a snapshot, at the instant that it is dated with. */
export type Apply = (snapshot: Snapshot, now: Instant) => Result

/** Where belief is kept and changed. */
export interface Engine {
  current(): Snapshot
  /** The same, after a pass when it is old or due: what was true before a pause of the process is not published. */
  timely(): Snapshot
  rules(): Rules
  memory(): Memory
  stats(): EngineStats
  /** Takes in news; what arrives in one turn of the event loop is judged in one step. */
  take(batch: Batch): void
  /**
   * The same for what a poll brought: together with what arrives within a few milliseconds. Gives whether it is news; what
   * says what was said before may wait a quarter of a second.
   */
  takeSoon(batch: Batch): boolean
  /**
   * Carries out a command that may open something. It is kept first, and counts only then; what can't be kept changes
   * nothing. Commands are carried out in the order in which they are given.
   */
  command(apply: Apply): Promise<Result>
  /** Carries out a command that can only close something: it counts at once, also when it can't be kept. */
  close(apply: Apply): Promise<Result>
  /** Judges by other rules from now on; what is remembered stays. */
  use(rules: Rules): void
  /** Writes an event into the ledger; resolves when it is safely kept, or could not be. */
  note(event: Event): Promise<void>
  /** Continues with what another replica of the daemon has written, merged with what is remembered here. */
  adopt(merged: Memory): void
  stop(): void
}

export function startEngine(options: EngineOptions): Engine {
  const { clock } = options
  const isNews = (batch: Batch) => bringsNews(held.snapshot.beliefs, batch)
  const inbox = openInbox(() => void advance(), isNews)
  const held = openJudgement(options, inbox)

  /** Judges what has come in, by the time that it is. */
  function advance(events: readonly Event[] = []): Promise<void> | undefined {
    const corrections = held.follow()
    return judge(held.snapshot, [...corrections, ...events])
  }

  function judge(commanded: Snapshot, events: readonly Event[]): Promise<void> | undefined {
    const before = held.memory
    const isOther = held.judge(commanded, events)
    options.onSnapshot(held.snapshot, isOther)
    passes.next(held.due())
    return held.memory === before ? undefined : options.store.save(held.memory)
  }

  const passes = newPasses(clock, () => void advance())
  return {
    current: () => held.snapshot,
    timely() {
      if (isOld(held, clock)) void advance()
      return held.snapshot
    },
    rules: () => held.rules,
    memory: () => held.memory,
    stats: () => held.stats,
    take: (batch) => inbox.take(batch),
    takeSoon: (batch) => inbox.takeSoon(batch),
    async command(apply) {
      const change = changeBy(apply, held, { clock, advance, judge })
      const kept = await options.store.keep(change)
      return kept.ok || !change.result().ok ? change.result() : unkept(kept.message, 'it has no effect')
    },
    async close(apply) {
      void advance()
      const result = apply(held.snapshot, clock.now())
      if (!result.ok) return result
      void judge(result.snapshot, result.events)
      const kept = await options.store.keep({ make: () => held.memory, done: () => {} })
      return kept.ok ? result : unkept(kept.message, 'it counts all the same, until the daemon ends')
    },
    use(next) {
      held.use(next)
      void advance()
    },
    note: async (event) => await advance([event]),
    adopt(merged) {
      const corrections = held.follow()
      held.adopt(merged)
      void judge(latchStanding(held.snapshot), corrections)
    },
    stop() {
      passes.stop()
      inbox.empty()
    },
  }
}

/** Whether a snapshot is too old to be published, or something was due since. */
function isOld({ snapshot, stats, due }: Judgement, clock: Clock): boolean {
  const now = clock.now() + (clock.drift?.() ?? 0)
  const isDue = now >= due() && Number.isFinite(due())
  return stats.evaluations > 0 && (isDue || now - snapshot.at > EVALUATION_INTERVAL)
}

interface Judging {
  readonly clock: Clock
  readonly advance: () => unknown
  readonly judge: (commanded: Snapshot, events: readonly Event[]) => unknown
}

/** The change that a command makes, and how the command went when it was last tried. */
function changeBy(apply: Apply, held: Judgement, { clock, advance, judge }: Judging) {
  let result: Result = { ok: false, code: 'not-carried-out', detail: 'it was not tried' }
  let at = clock.now()
  let before = held.memory
  let proposed = before
  return {
    result: () => result,
    make(): Memory | undefined {
      advance()
      at = clock.now()
      result = apply(held.snapshot, at)
      if (!result.ok) return undefined
      before = held.memory
      proposed = held.proposed(result.snapshot, result.events)
      return proposed
    },
    done(): void {
      const again = apply(held.snapshot, at)
      if (again.ok) return void judge(again.snapshot, again.events)
      // What came during the write speaks against it, and it is written: as if another replica had carried it out.
      held.adopt(merge(before, held.memory, proposed))
      judge(latchStanding(held.snapshot), [])
    },
  }
}

function unkept(message: string, so: string): Result {
  return { ok: false, code: 'not-recorded', detail: `${so}: ${message}` }
}
