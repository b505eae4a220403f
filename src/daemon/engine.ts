import type { Round } from '../core/observation.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../core/snapshot.ts'
import type { Clock, Millis } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import { adopt, latchStanding } from '../rollout/adoption.ts'
import type { Event } from '../rollout/ledger.ts'
import type { Result } from '../rollout/commands.ts'
import { evaluate } from '../rollout/evaluation.ts'
import { recall, type Memory } from '../rollout/memory.ts'

/** Longest time between two evaluations; a document is worth three of them. */
export const EVALUATION_INTERVAL: Millis = 1_000

/**
 * Least time between two steps that polled rounds cause. In the brisk cadence some 75 rounds arrive in a second; this
 * makes 42 steps of them, and delays by less than 20 ms what comes every 100 ms at most.
 */
const SPACING: Millis = 20

export interface EngineOptions {
  readonly clock: Clock
  readonly rules: Rules
  readonly memory: Memory
  /** Why the daemon itself may not say proceed, by id. */
  readonly impediments: ReadonlyMap<string, string>
  /** Name of the Helm release, which rollouts that are detected are named after. */
  readonly release: () => string
  /** Keeps what must survive a restart; resolves when it is safe. */
  save(memory: Memory): Promise<void>
  /** Told of every snapshot, right after it became current. */
  onSnapshot(snapshot: Snapshot): void
}

export interface EngineStats {
  readonly evaluations: number
  readonly took: Millis
  readonly verdictTransitions: ReadonlyMap<Verdict, number>
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
  const { clock } = options
  let { rules, memory } = options
  let snapshot = recall({ ...initialSnapshot(clock.now(), rules), impediments: options.impediments }, memory)
  const inbox = openInbox(clock, () => void advance(snapshot))
  let evaluations = 0
  let took = 0
  const verdictTransitions = new Map<Verdict, number>()

  function advance(commanded: Snapshot, events: readonly Event[] = []): Promise<void> | undefined {
    const before = { snapshot, memory }
    const rounds = inbox.empty()
    const now = clock.now()
    const after = evaluate(before, { now, rounds, commanded, events }, rules, options.release())
    took += clock.now() - now
    evaluations++
    snapshot = after.snapshot
    memory = after.memory
    const { verdict } = snapshot.verdict
    if (verdict !== before.snapshot.verdict.verdict)
      verdictTransitions.set(verdict, (verdictTransitions.get(verdict) ?? 0) + 1)
    options.onSnapshot(snapshot)
    return memory === before.memory ? undefined : options.save(memory)
  }

  const ticking = setInterval(() => void advance(snapshot), EVALUATION_INTERVAL)
  return {
    current: () => snapshot,
    rules: () => rules,
    memory: () => memory,
    stats: () => ({ evaluations, took, verdictTransitions }),
    take: (round) => inbox.take(round),
    takeSoon: (round) => inbox.takeSoon(round),
    async command(apply) {
      const result = apply(snapshot)
      if (result.ok) await advance(result.snapshot, result.events)
      return result
    },
    use(next) {
      rules = next
      void advance(snapshot)
    },
    async note(event) {
      await advance(snapshot, [event])
    },
    adopt(merged) {
      memory = merged
      snapshot = adopt(snapshot, merged)
      void advance(latchStanding(snapshot))
    },
    stop() {
      clearInterval(ticking)
      inbox.empty()
    },
  }
}

/** Rounds until the step that judges them; `due` is called when it is time for one. */
function openInbox(clock: Clock, due: () => void) {
  let rounds: Round[] = []
  let immediate: NodeJS.Immediate | undefined
  let waiting: NodeJS.Timeout | undefined
  let emptiedAt = -Infinity

  function take(round: Round): void {
    rounds.push(round)
    immediate ??= setImmediate(due)
  }

  return {
    take,
    takeSoon(round: Round): void {
      const wait = emptiedAt + SPACING - clock.now()
      if (wait <= 0) return take(round)
      rounds.push(round)
      waiting ??= setTimeout(due, wait)
    },
    /** What came in since the last time; nothing is due any more. */
    empty(): readonly Round[] {
      clearImmediate(immediate)
      clearTimeout(waiting)
      immediate = undefined
      waiting = undefined
      emptiedAt = clock.now()
      const taken = rounds
      rounds = []
      return taken
    },
  }
}
