import type { Round } from '../core/observation.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Millis } from '../core/time.ts'
import { latchStanding } from '../rollout/adoption.ts'
import type { Result } from '../rollout/commands.ts'
import type { Event } from '../rollout/ledger.ts'
import type { Memory } from '../rollout/memory.ts'
import { openInbox } from './inbox.ts'
import { openJudgement, type EngineStats, type JudgementOptions } from './judgement.ts'

/** Longest time between two evaluations; a document is worth three of them. */
export const EVALUATION_INTERVAL: Millis = 1_000

export interface EngineOptions extends JudgementOptions {
  /** Keeps what must survive a restart; resolves when it is safe. */
  save(memory: Memory): Promise<void>
  /** Told of every snapshot, right after it became current. */
  onSnapshot(snapshot: Snapshot): void
}

/** Where belief is kept and changed. */
export interface Engine {
  current(): Snapshot
  rules(): Rules
  memory(): Memory
  stats(): EngineStats
  /** Takes in news; what arrives in one turn of the event loop is judged in one step. */
  take(round: Round): void
  /** The same for news that a poll brought: judged at once, or together with what arrives within a few milliseconds. */
  takeSoon(round: Round): void
  /** Carries out a command, judges what follows from it, and resolves when it is safely kept. */
  command(apply: (snapshot: Snapshot) => Result): Promise<Result>
  /** Judges by other rules from now on; what is remembered stays. */
  use(rules: Rules): void
  /** Writes an event into the ledger; resolves when it is safely kept. */
  note(event: Event): Promise<void>
  /** Goes on with what another replica of the daemon has written, merged with what is remembered here. */
  adopt(merged: Memory): void
  stop(): void
}

export function startEngine(options: EngineOptions): Engine {
  const inbox = openInbox(() => void advance())
  const held = openJudgement(options, inbox)

  /** Judges what has come in, by the time that it is. */
  function advance(events: readonly Event[] = []): Promise<void> | undefined {
    const corrections = held.follow()
    return judge(held.snapshot, [...corrections, ...events])
  }

  function judge(commanded: Snapshot, events: readonly Event[]): Promise<void> | undefined {
    const before = held.memory
    held.judge(commanded, events)
    options.onSnapshot(held.snapshot)
    return held.memory === before ? undefined : options.save(held.memory)
  }

  const ticking = setInterval(() => void advance(), EVALUATION_INTERVAL)
  return {
    current: () => held.snapshot,
    rules: () => held.rules,
    memory: () => held.memory,
    stats: () => held.stats,
    take: (round) => inbox.take(round),
    takeSoon: (round) => inbox.takeSoon(round),
    async command(apply) {
      const corrections = held.follow()
      const result = apply(held.snapshot)
      if (result.ok) await judge(result.snapshot, [...corrections, ...result.events])
      else if (corrections.length > 0) void judge(held.snapshot, corrections)
      return result
    },
    use(next) {
      held.use(next)
      void advance()
    },
    async note(event) {
      await advance([event])
    },
    adopt(merged) {
      const corrections = held.follow()
      held.adopt(merged)
      void judge(latchStanding(held.snapshot), corrections)
    },
    stop() {
      clearInterval(ticking)
      inbox.empty()
    },
  }
}
