import type { Observed, Threshold } from './observed.ts'
import type { ExpectedReport, RolloutReport, Timestamp } from './rollout.ts'
import type {
  answers,
  AskedPhase,
  CheckState,
  Flag,
  sources,
  stopKinds,
  StopState,
  unknownReasons,
  Verdict,
} from './states.ts'

/**
 * The wire form of version v1: what pipelines, dashboards and the command line read. Within v1 things are only
 * added; a client treats a state that it does not know as `unknown`, and a verdict that it does not know as `hold`.
 */

export * from './observed.ts'
export * from './problem.ts'
export * from './rollout.ts'
export * from './trends.ts'
export * from './states.ts'

export const apiVersion = 'gates.caracal.run/v1'

/** One subject that keeps an item from being well: a replica, a consumer group, a table. */
export interface Culprit {
  readonly key: string
  readonly answer: (typeof answers)[number]
  readonly reason: string
  readonly message: string
  readonly target: string | null
  /** Since when it has been so. */
  readonly since: Timestamp | null
  readonly observed: Observed | null
  /** In the unit of what was observed; another subject of the item may have a limit in another unit. */
  readonly threshold: Threshold | null
}

/** What checks and stop conditions have in common. */
export interface Item {
  readonly id: string
  /** What holds when all is well, as a sentence. */
  readonly claim: string
  readonly source: (typeof sources)[number]
  /** Short stable code of the worst finding. */
  readonly reason: string
  readonly message: string
  readonly since: Timestamp
  readonly unknownReason: (typeof unknownReasons)[number] | null
  readonly observed: Observed | null
  readonly threshold: Threshold | null
  readonly target: string | null
  /** Worst first, at most 50; `culpritCount` says how many there are. */
  readonly culprits: readonly Culprit[]
  readonly culpritCount: number
  /** The look that lies furthest back among those that the item rests on. */
  readonly lastAttemptAt: Timestamp | null
  /** Null when something that the item rests on was never seen. */
  readonly lastSuccessAt: Timestamp | null
  readonly runbookUrl: string
  /** A command that a person can paste; a placeholder in braces stays where nothing is to blame. */
  readonly nextStep: string
  readonly flags: readonly Flag[]
}

export interface CheckReport extends Item {
  readonly state: CheckState
  readonly failAfterSeconds: number
  readonly warmUpSeconds: number
}

export interface GateItem {
  readonly id: string
  readonly title: string
  readonly state: CheckState
  readonly since: Timestamp
  /** False when the gate is switched off. */
  readonly required: boolean
  readonly checks: readonly CheckReport[]
}

export interface AcknowledgementReport {
  readonly actor: string
  readonly reason: string
  readonly at: Timestamp
}

/** That a stop condition fired during this rollout. */
export interface LatchReport {
  readonly at: Timestamp
  readonly reason: string
  readonly message: string
  readonly culprits: readonly string[]
  readonly preexisting: boolean
  readonly acknowledged: AcknowledgementReport | null
}

export interface StopConditionReport extends Item {
  readonly title: string
  readonly state: StopState
  readonly kind: (typeof stopKinds)[number]
  readonly holdSeconds: number
  readonly clearAfterSeconds: number
  readonly latch: LatchReport | null
  readonly latchedAt: Timestamp | null
  readonly acknowledged: boolean
  readonly preexisting: boolean
  /** It stands or is latched, was seen and not merely hidden, and was not there before the rollout. */
  readonly speaksForRollback: boolean
  readonly firings: number
  /** When the newest event was seen, or what stands was last seen to stand; null when nothing was, or it is settled. */
  readonly lastEventAt: Timestamp | null
  /** In a rollout, since when `observed` counts events: its begin, or the acknowledgement after it; null otherwise. */
  readonly countedSince: Timestamp | null
  /** Set while it fires on although everything is well: since when. */
  readonly overSince: Timestamp | null
  /** When it is clear then, if nothing else comes; once only its window runs, an acknowledgement ends it sooner. */
  readonly clearsAt: Timestamp | null
}

/** Something that keeps the verdict from `proceed`; root causes come first. */
export interface BlockerReport {
  /** Path in the document: `stop-conditions/x`, `gates/x/checks/y`, `gates/x`, or `request/x` for a demand of the request. */
  readonly ref: string
  readonly state: string
  readonly reason: string
  readonly message: string
  readonly rootCause: boolean
}

export interface RollbackReport {
  readonly viable: 'yes' | 'no' | 'unknown'
  readonly reason: string
  readonly message: string
  readonly advice: 'rollback' | 'roll_forward' | 'none'
}

export interface EvaluatorReport {
  readonly version: string
  readonly instance: string
  readonly startedAt: Timestamp
  readonly cadence: 'quiet' | 'brisk'
  readonly configHash: string
  /** How punctual it was in the last 10 s. While it is not `ok` the verdict is not `proceed`, and nothing slow is blamed. */
  readonly punctuality: {
    readonly ok: boolean
    /** Part of the time for which it stood still when it had something to do. */
    readonly stalledRatio: number
    readonly longestStallSeconds: number
    /** Part of the time for which it waited for a CPU; null where the kernel does not say, or nothing was lost. */
    readonly cpuWaitRatio: number | null
    readonly message: string
  }
  readonly stateStore: { readonly ok: boolean; readonly message: string }
  readonly configReload: { readonly ok: boolean; readonly at: Timestamp; readonly message: string }
}

/** What every answer about the verdict begins with. */
export interface Envelope {
  readonly apiVersion: typeof apiVersion
  readonly verdict: Verdict
  readonly summary: string
  /** Opaque; moves when a state, a reason, a culprit, a latch or the verdict changes, never for a mere number. */
  readonly index: string
  readonly evaluatedAt: Timestamp
  /** After this the document says nothing. */
  readonly expiresAt: Timestamp
}

/** The answer to `document=envelope`, for clients that keep every answer that they get. */
export interface EnvelopeDocument extends Envelope {
  readonly kind: 'Envelope'
}

/** The document of `GET /gates`. */
export interface GateReport extends Envelope {
  readonly kind: 'GateReport'
  readonly verdictSince: Timestamp
  readonly steadySeconds: number
  readonly requiredSteadySeconds: number
  /** True when the request asked about a rollout that is not the current one. */
  readonly superseded: boolean
  /** What the request demanded to have arrived, beside what was declared; null when it demanded nothing. */
  readonly demanded: ExpectedReport | null
  /** The phase that the request asked about; null for the whole question, which is that of `verifying`. */
  readonly askedPhase: AskedPhase | null
  readonly release: { readonly name: string; readonly namespace: string }
  readonly rollout: RolloutReport
  readonly rollback: RollbackReport
  readonly blocking: readonly BlockerReport[]
  readonly gates: readonly GateItem[]
  readonly stopConditions: readonly StopConditionReport[]
  readonly evaluator: EvaluatorReport
}

/** The answer of `GET /gates/{gate}`. */
export interface GateDocument extends Envelope {
  readonly kind: 'Gate'
  readonly gate: GateItem
}

/** The answer of `GET /stop-conditions`. */
export interface StopConditionList extends Envelope {
  readonly kind: 'StopConditionList'
  readonly stopConditions: readonly StopConditionReport[]
}

/** The answer of `GET /stop-conditions/{id}`. */
export interface StopConditionDocument extends Envelope {
  readonly kind: 'StopCondition'
  readonly stopCondition: StopConditionReport
}
