import type { Limits } from './limits.ts'
import type { StreamSpec } from './platform.ts'

/** What the tables of gates and stop conditions are made from. */
export interface Options {
  readonly limits: Limits
  readonly streams: readonly StreamSpec[]
  /** The services that must be ready and, in a cluster, have a workload; in the order in which they are shown. */
  readonly components: readonly string[]
  /** Schema versions that must be applied; absent when not configured. */
  readonly expectedMigrations?: readonly string[]
  /** `absent`: it is not configured, so what needs it is unknown. `off`: there is none on purpose, and it is skipped. */
  readonly kubernetes: 'absent' | 'off' | 'on'
  /** Whether the Secrets of Helm releases may be read; without them a pipeline proves what is in them. */
  readonly helmSecrets: boolean
  /** Of the platform, for the commands that an operator pastes. */
  readonly release: { readonly name: string; readonly namespace: string }
}
