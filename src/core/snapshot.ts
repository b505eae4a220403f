import type { Beliefs } from './belief.ts'
import type { CauseGraph } from './cause.ts'
import type { Providers } from './evidence.ts'
import type { CheckStatus, Gate, GateStatus } from './gate.ts'
import type { AskedPhase, Life, Rollout } from './rollout.ts'
import type { StopCondition, StopStatus } from './stop.ts'
import type { Instant, Millis } from './time.ts'
import type { VerdictStatus } from './verdict.ts'
import type { Overrides } from './waiver.ts'

/** Everything that is judged, and by which measure. Made from the configuration; replaced whole on reload. */
export interface Rules {
  readonly gates: readonly Gate[]
  readonly stops: readonly StopCondition[]
  readonly providers: Providers
  /** How long everything must have stood before the verdict is `proceed`. */
  readonly steady: Millis
  /** Two steps further apart than this have a gap between them without an evaluation. */
  readonly longestGap: Millis
  /** Ids of gates, checks and stop conditions that are switched off on purpose, with the reason. */
  readonly skipped: ReadonlyMap<string, string>
  /** Until when something is only in shadow, by the id of a gate, check or stop condition; also what is over. */
  readonly shadows?: ReadonlyMap<string, Instant>
  /** What explains what; nothing explains anything else where it is absent. */
  readonly graph?: CauseGraph
  /** Ids of checks that the question of a phase leaves out; none where it is absent. */
  readonly notAsked?: Readonly<Record<AskedPhase, readonly string[]>>
  /** Kept beside a rollout that ends; it judges nothing. */
  readonly judge?: Judge
}

/** Who judges: the version of the exporter, and the hash of the configuration that the rules were made from. */
export interface Judge {
  readonly version: string
  readonly configuration: string
}

/** All that is believed at one instant. The only value that the daemon shares; publishers are views of it. */
export interface Snapshot {
  readonly at: Instant
  readonly beliefs: Beliefs
  readonly checks: ReadonlyMap<string, CheckStatus>
  readonly gates: ReadonlyMap<string, GateStatus>
  readonly stops: ReadonlyMap<string, StopStatus>
  /** Up to where lifetime counts and baselines have been dealt with. */
  readonly baselines: ReadonlyMap<string, number>
  readonly verdict: VerdictStatus
  /** Verdicts of the questions about phases that leave something out. */
  readonly questions?: ReadonlyMap<AskedPhase, VerdictStatus>
  /** Why the daemon itself may not say proceed, by id. */
  readonly impediments: ReadonlyMap<string, string>
  /** The rollout under way, or the last one. */
  readonly rollout?: Rollout
  /** Rollouts that have begun, oldest first: no id of them is given again. */
  readonly begun: readonly Life[]
  /** What a person has overridden, with what was ended before its time until that has come. */
  readonly overrides?: Overrides
  /** Counts semantic changes: a state, a reason, a culprit, a latch, the verdict; never a mere number. */
  readonly revision: number
}

/** What is believed before anything was looked at: nothing. */
export function initialSnapshot(at: Instant, rules: Rules): Snapshot {
  const verdict: VerdictStatus = {
    verdict: 'hold',
    since: at,
    summary: 'Hold: nothing has been measured yet',
    because: 'nothing has been measured yet',
    blocking: [],
    steadyRequired: rules.steady,
  }
  const none = new Map<string, never>()
  return {
    at,
    beliefs: none,
    checks: none,
    gates: none,
    stops: none,
    baselines: none,
    impediments: none,
    begun: [],
    verdict,
    revision: 0,
  }
}
