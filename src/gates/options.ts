import type { Limits } from '../checks/limits.ts'
import type { StreamSpec } from '../checks/platform.ts'

/** What the tables of gates and stop conditions are made from. */
export interface Options {
  readonly limits: Limits
  readonly streams: readonly StreamSpec[]
  /** The services that must be ready, in the order in which they are shown. */
  readonly components: readonly string[]
  /** Schema versions that must be applied; absent when nobody said. */
  readonly expectedMigrations?: readonly string[]
}
