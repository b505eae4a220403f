import type { Registry } from 'prom-client'
import type { GateReport } from '../contract/document.ts'
import type { Family } from '../contract/family.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { ReportContext, SelfStats } from './context.ts'

export interface Sample {
  /** Values of the family's labels, in their order. An empty one is left out. */
  readonly labels: readonly string[]
  readonly value: number
}

/** Families with their samples, in the order in which they are written. */
export type Samples = readonly (readonly [Family, readonly Sample[]])[]

/** All that one scrape shows. */
export interface Scrape {
  readonly snapshot: Snapshot
  /** Undefined until the first evaluation. */
  readonly report: GateReport | undefined
  readonly context: ReportContext
  readonly self: SelfStats
  readonly clients: Clients
  /** What was observed as it happened. */
  readonly registries: readonly Registry[]
}

/** A scrape after the first evaluation. */
export interface Judged extends Scrape {
  readonly report: GateReport
}

/** Clients that are connected. */
export interface Clients {
  /** Clients that wait for a change. */
  readonly waiters: number
  /** Clients of the event stream. */
  readonly streams: number
}

/** One sample for each state, 1 for the one that holds. */
export function stateSet(states: readonly string[], state: string, labels: readonly string[] = []): Sample[] {
  return states.map((name) => ({ labels: [...labels, name], value: name === state ? 1 : 0 }))
}

/** A sample without labels, or none when nothing is known. */
export function single(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: [], value }]
}

export function flag(value: boolean): number {
  return value ? 1 : 0
}
