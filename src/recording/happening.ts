import type { Snapshot } from '../core/snapshot.ts'
import type { Batch } from '../core/observation.ts'
import type { Instant, Millis } from '../core/time.ts'
import type { RuleOptions } from '../rules/rules.ts'
import type { Evaluated } from '../rollout/evaluation.ts'
import type { Event } from '../rollout/ledger.ts'
import type { Memory } from '../rollout/memory.ts'

/** All that rounds are judged by beside what they take in. */
export interface JudgedBy {
  readonly options: RuleOptions
  /** Name of the Helm release, which rollouts that are detected are named after. */
  readonly release: string
  /** The effective configuration without its secrets, and its hash. */
  readonly configuration: unknown
  readonly hash: string
}

/** Something that moved belief, with what was believed before. What is in it never changes, so it may be written later. */
export type Happening = { readonly before: Evaluated } & (
  | {
      readonly kind: 'round'
      readonly now: Instant
      readonly batches: readonly Batch[]
      /** What a command, or what the daemon says of itself, made of the snapshot; that of before where nothing did. */
      readonly commanded: Snapshot
      readonly events: readonly Event[]
      readonly after: Evaluated
    }
  | { readonly kind: 'corrected'; readonly by: Millis }
  | { readonly kind: 'adopted'; readonly memory: Memory }
  /** From here on it is judged by others. */
  | { readonly kind: 'rules' }
)
