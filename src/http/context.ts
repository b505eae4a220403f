import type { Readable } from 'node:stream'
import type { Registry } from 'prom-client'
import type { Limits } from '../rules/limits.ts'
import type { Scope } from '../config/schema.ts'
import type { UnknownReason } from '../core/observation.ts'
import type { Punctuality } from '../core/punctuality.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Clock, Instant, Millis } from '../core/time.ts'
import type { Rollout } from '../core/rollout.ts'
import type { Latch } from '../core/latch.ts'
import type { Signer } from '../proof/envelope.ts'
import type { LedgerEntry } from '../rollout/ledger.ts'
import type { Proof } from '../rollout/proof.ts'
import type { Refused } from '../core/refusal.ts'
import type { Exporter } from '../contract/acknowledging.ts'
import type {
  AcknowledgementBody,
  BeginBody,
  EvidenceBody,
  FinishBody,
  OverrideBody,
  OverrideEndBody,
} from '../contract/commands.ts'
import type { Instruments } from './instruments.ts'
import type { RollbackReport } from '../contract/document.ts'

/** Holds the newest snapshot, and calls its subscribers with each newer one. */
export interface Board {
  /** Undefined until there is one. */
  current(): Snapshot | undefined
  /** Calls `listen` with each snapshot after it became current. The result ends that. */
  subscribe(listen: (snapshot: Snapshot) => void): () => void
}

export interface Actor {
  /** Who acts, as the request says; empty where its token says enough. */
  readonly name: string
  /** Why, as the request says. */
  readonly reason: string
  /** Name of the token that allowed it. */
  readonly token: string
}

export type CommandResult =
  | { readonly ok: true; readonly status: 200 | 201; readonly body: object }
  | (Refused & { readonly allowed?: readonly string[] })

/** What may be asked of the daemon. A command that was recorded shows in the next snapshot. */
export interface Commands {
  begin(body: BeginBody, actor: Actor): Promise<CommandResult>
  finish(rollout: string, body: FinishBody, actor: Actor): Promise<CommandResult>
  acknowledge(body: AcknowledgementBody, actor: Actor): Promise<CommandResult>
  override(body: OverrideBody, actor: Actor): Promise<CommandResult>
  endOverride(item: string, body: OverrideEndBody, actor: Actor): Promise<CommandResult>
  evidence(check: string, body: EvidenceBody, actor: Actor): Promise<CommandResult>
}

/** What a request is for: reading everything, reading what a pipeline follows, or a command. */
export type Access = 'read' | 'follow' | Scope

export type Authorisation =
  | { readonly ok: true; readonly token: string }
  | {
      readonly ok: false
      readonly status: 401 | 403
      readonly detail: string
      /** Whether a token was given that is none; without one, or with one for something else, nothing was guessed. */
      readonly isGuess?: boolean
    }

/** One line of the ledger, chained to the line before by hash. */
export interface LedgerLine {
  readonly sequence: number
  readonly at: Instant
  readonly kind: string
  readonly subject: string
  readonly message: string
  readonly actor?: string
  readonly reason?: string
  /** What the hash covers beside sequence, instant, kind, subject and actor, exactly as it was written down. */
  readonly written: {
    readonly message: string
    readonly from?: string
    readonly to?: string
    readonly rollout?: string
  }
  readonly previous: string
  readonly hash: string
}

export interface RolloutRecord {
  readonly rollout: Rollout
  /** The stop conditions that were latched in it. */
  readonly stops: Readonly<Record<string, Latch>>
  readonly ledger: readonly LedgerLine[]
}

/** A rollout as it can be exported: with what was kept for that. */
export interface Exportable {
  readonly rollout: Rollout
  readonly stops: Readonly<Record<string, Latch>>
  /** The ledger from its first line to its last, with lines of others between them, as far as they are kept. */
  readonly lines: readonly LedgerEntry[]
  /** Absent where an earlier version saw it end. */
  readonly proof?: Omit<Proof, 'between'>
  /** When it was judged last; absent once it has ended. */
  readonly asOf?: Instant
}

/** What exports are made of. */
export interface Exports {
  /** Newest first. */
  readonly rollouts: readonly Exportable[]
  readonly release: { readonly name: string; readonly namespace: string }
  /** Absent where no key is configured. */
  readonly signer?: Signer
}

/** One probe attempt, as `/debug/probes` shows it. */
export interface LookRecord {
  readonly target: string
  readonly at: Instant
  readonly took: Millis
  readonly readings?: number
  readonly unknownReason?: UnknownReason
  readonly reason?: string
  readonly message?: string
}

/** The last attempts of one probe, kept apart so that a run of failures cannot push out the last success. */
export interface ProbeRecord {
  readonly successes: readonly LookRecord[]
  readonly failures: readonly LookRecord[]
}

/** What one dependency has paid for being watched. */
export interface Cost {
  readonly requests: number
  readonly took: Millis
}

/** The daemon about itself. */
export interface SelfStats {
  /** Lines of the log that could not be written. */
  readonly lostWrites: number
  /** By kind of dependency: `redis`, `postgres`, `http`, `kubernetes`. */
  readonly costs: ReadonlyMap<string, Cost>
  /** How long its event loop stood still since the start, and its main thread waited for a CPU where the kernel says so. */
  readonly ownTime: { readonly lost: Millis; readonly waited?: Millis }
  readonly recording: RecordingState
}

/** Whether rounds are recorded. */
export interface RecordingState {
  readonly isOn: boolean
  /** Why nothing is recorded although it is on. */
  readonly problem: string | undefined
  /** Rounds that were dropped because writing could not keep up. */
  readonly dropped: number
}

/** A recording, as it lies there. */
export interface RecordingFacts {
  readonly name: string
  readonly from: Instant
  /** When it was last written to. */
  readonly to: Instant
  readonly bytes: number
  readonly rollouts: readonly string[]
  /** Whether it was ended as it should be. */
  readonly complete: boolean
  /** Of the program that wrote it. */
  readonly version: string
  /** Which sequence it is a part of, and which; undefined where an earlier version wrote it. */
  readonly sequence: string | undefined
  readonly part: number | undefined
}

/** The recordings of this daemon. */
export interface Recordings {
  state(): RecordingState
  /** Newest first. */
  list(): Promise<readonly RecordingFacts[]>
  /** Its bytes as of now; undefined where there is none of this name. */
  read(name: string): Promise<{ readonly bytes: number; readonly stream: Readable } | undefined>
}

/** Facts that the document carries besides the snapshot. */
export interface ReportContext {
  /** Changes whenever the revisions of snapshots start anew. */
  readonly epoch: string
  /** How old an evaluation may be that is published. */
  readonly evaluationInterval: Millis
  readonly release: { readonly name: string; readonly namespace: string }
  /** The rules that the snapshot was judged by. */
  readonly rules: Rules
  /** The limits that those rules were made with. */
  readonly limits: Limits
  readonly rollback: RollbackReport
  /** What the id of a page of the runbook is appended to, with its `/`. */
  readonly runbookBaseUrl: string
  /** The address by which people reach it, without a `/` at its end. */
  readonly externalUrl?: string | undefined
  readonly evaluator: {
    readonly version: string
    readonly instance: string
    readonly startedAt: Instant
    readonly cadence: 'quiet' | 'brisk'
    readonly configHash: string
    /** How punctual it was in the last seconds; `starved` says why its verdict is held for that. */
    readonly punctuality: Punctuality & { readonly starved: string | undefined }
    readonly stateStore: { readonly ok: boolean; readonly message: string }
    /** When the certificate that clients are shown expires; absent without TLS. */
    readonly certificateExpiresAt?: Instant
    readonly configReload: { readonly ok: boolean; readonly at: Instant; readonly message: string }
    readonly place: Exporter
  }
}

/** Everything that publishers need from the daemon; they fetch and compute nothing themselves. */
export interface PublishContext {
  readonly board: Board
  readonly commands: Commands
  readonly clock: Clock
  report(): ReportContext
  /** Newest first. */
  history(): readonly RolloutRecord[]
  exports(): Exports
  /** The effective configuration with every secret taken out. */
  config(): unknown
  probes(): ReadonlyMap<string, ProbeRecord>
  self(): SelfStats
  readonly recordings: Recordings
  /** Observes what the server answers and refuses. */
  readonly instruments: Pick<Instruments, 'answered' | 'refused'>
  /** What was observed as it happened, besides the snapshot. */
  readonly registries: readonly Registry[]
  /** Whether a first batch of every probe has been judged and the daemon still evaluates; the message says what is missing. */
  readiness(): { readonly ok: boolean; readonly message: string }
  /** Whether the value of the Authorization header allows it. */
  authorise(kind: Access, header: string | undefined): Authorisation
  /** Names by which it may be asked, besides its own; undefined when reading needs a token, and any name will do. */
  hosts(): readonly string[] | undefined
  /** Whether a browser may acknowledge, from the page of this server. */
  browsersAcknowledge(): boolean
  /** Called with errors in handlers, which are bugs of the exporter. */
  onFault(fault: unknown): void
}
