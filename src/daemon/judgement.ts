import { isStarved, starvation, STARVED, type Punctuality } from '../core/punctuality.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../core/snapshot.ts'
import { inWords, SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import type { Instruments } from '../http/instruments.ts'
import { adopt } from '../rollout/adoption.ts'
import { corrected, withoutTheFuture } from '../rollout/correction.ts'
import { evaluate, isNothingNew, nextDue, type Evaluated } from '../rollout/evaluation.ts'
import type { Event } from '../rollout/ledger.ts'
import { recall, type Memory } from '../rollout/memory.ts'
import { STATE_UNSEEN, withoutPassing } from '../rollout/passing.ts'
import type { Happening } from '../recording/happening.ts'
import { steadyClock } from './clock.ts'
import type { Inbox } from './inbox.ts'
import type { StateStore } from './state-store.ts'

export interface JudgementOptions {
  readonly clock: Clock
  readonly rules: Rules
  readonly memory: Memory
  /** Why the daemon itself may not say proceed, by id. */
  readonly impediments: ReadonlyMap<string, string>
  /** Says whether what other replicas know can be known now. */
  readonly store: Pick<StateStore, 'unseen'>
  /** How punctual the daemon is; without it, it takes itself for punctual. */
  readonly punctuality?: () => Punctuality
  /** Observes evaluations and changes of the verdict. */
  readonly instruments?: Pick<Instruments, 'evaluated' | 'turned'>
  /** Name of the Helm release, which rollouts that are detected are named after. */
  readonly release: () => string
  /** Called with all that moves belief, right after it did. It may cost next to nothing. */
  readonly record?: (happening: Happening) => void
}

export interface EngineStats {
  /** Passes in which anything was judged; one that brings no news judges nothing. */
  readonly evaluations: number
}

/** What is believed and remembered now, and the ways in which that changes. */
export interface Judgement extends Evaluated {
  readonly rules: Rules
  readonly stats: EngineStats
  /** Follows the machine's clock, before anything is judged or dated by it. Gives what to write down of that. */
  follow(): readonly Event[]
  /** Judges what has come in, and what a command made of the snapshot. Says whether there was anything to judge. */
  judge(commanded: Snapshot, events: readonly Event[]): boolean
  /** When time alone may change anything; in the past where that is not known. */
  readonly due: () => Instant
  /** What would have to be remembered if this were judged now. */
  proposed(commanded: Snapshot, events: readonly Event[]): Memory
  /** Continues with what another replica of the daemon remembered, merged with what is remembered here. */
  adopt(merged: Memory): void
  use(rules: Rules): void
}

export function openJudgement(options: JudgementOptions, inbox: Inbox): Judgement {
  const { clock } = options
  let { rules, memory } = options
  const empty = { ...initialSnapshot(clock.now(), rules), impediments: options.impediments }
  let snapshot = withoutTheFuture(recall(empty, memory))
  let evaluations = 0
  const { record = () => {} } = options
  return {
    get snapshot() {
      return snapshot
    },
    get memory() {
      return memory
    },
    get rules() {
      return rules
    },
    get stats() {
      return { evaluations }
    },
    follow() {
      const by = clock.follow?.() ?? 0
      if (by !== 0) record({ kind: 'corrected', before: { snapshot, memory }, by })
      snapshot = corrected(snapshot, by)
      inbox.correct(by)
      return Math.abs(by) < SECOND ? [] : [clockSet(clock.now(), by)]
    },
    judge(commanded, events) {
      const before = { snapshot, memory }
      const startedAt = steadyClock.now()
      const unseen = withImpediment(commanded, STATE_UNSEEN, options.store.unseen?.())
      const impeded = withImpediment(unseen, STARVED, whyStarved(commanded, options.punctuality?.()))
      const news = { now: clock.now(), batches: inbox.empty(), commanded: impeded, events }
      const after = evaluate(before, news, rules, options.release())
      snapshot = after.snapshot
      record({ kind: 'round', before, ...news, after })
      if (evaluations > 0 && isNothingNew(before, after)) return false
      options.instruments?.evaluated(steadyClock.now() - startedAt)
      evaluations++
      memory = withoutPassing(after.memory)
      const { verdict } = snapshot.verdict
      if (verdict !== before.snapshot.verdict.verdict) options.instruments?.turned(verdict)
      return true
    },
    due: () => nextDue({ snapshot, memory }),
    proposed(commanded, events) {
      const news = { now: clock.now(), batches: [], commanded, events }
      return withoutPassing(evaluate({ snapshot, memory }, news, rules, options.release()).memory)
    },
    adopt(merged) {
      record({ kind: 'adopted', before: { snapshot, memory }, memory: merged })
      memory = merged
      snapshot = adopt(snapshot, merged)
    },
    use(next) {
      rules = next
      record({ kind: 'rules', before: { snapshot, memory } })
    },
  }
}

/** With an impediment, or without it. Other words for the same are no change that a client is woken for. */
function withImpediment(snapshot: Snapshot, id: string, why: string | undefined): Snapshot {
  const before = snapshot.impediments.get(id)
  if (before === why) return snapshot
  const impediments = new Map(snapshot.impediments)
  if (why === undefined) impediments.delete(id)
  else impediments.set(id, why)
  const isNews = before === undefined || why === undefined
  return { ...snapshot, impediments, revision: snapshot.revision + (isNews ? 1 : 0) }
}

function whyStarved({ impediments }: Snapshot, measured: Punctuality | undefined): string | undefined {
  if (measured === undefined || !isStarved(measured, impediments.has(STARVED))) return undefined
  return starvation(measured)
}

function clockSet(at: Instant, by: Millis): Event {
  const span = inWords(Math.abs(by))
  const message =
    by > 0 ? `it was set forward by ${span}, or the machine slept` : `it was set back by ${span}`
  return { at, kind: 'clock', subject: 'clock', message }
}
