import type { Millis } from '../core/time.ts'
import type { WrittenBatch } from './batches.ts'
import type { Written } from './exact-time.ts'
import type { Patch } from './patch.ts'
import type { Point } from './point.ts'

/** What the first line of every recording says it is. */
export const FORMAT = 'caracal-gate-recording'
/** Changes whenever an older reader would misread what is written. */
export const FORMAT_VERSION = 1

/** The first line. */
export interface Header {
  readonly recording: typeof FORMAT
  readonly version: typeof FORMAT_VERSION
  /** Of the program that wrote it. */
  readonly product: string
  /** Instant at which it begins, in RFC 3339. */
  readonly from: string
  /** Rollouts that are under way in it, as far as its first round knows. */
  readonly rollouts: readonly string[]
  /** Which sequence it is a part of, and which part; absent where an earlier version wrote it. */
  readonly sequence?: string
  readonly part?: number
}

/** Where a recording belongs: the parts of one sequence follow each other without a gap, and are counted from 1. */
export type Place = Required<Pick<Header, 'sequence' | 'part'>>

/** Options, release and configuration from here on, packed. */
export interface RulesLine {
  readonly rules: unknown
}

/** All that is believed and remembered here, packed: what follows builds on it. */
export interface StateLine {
  readonly state: unknown
}

export interface RoundLine {
  readonly now: Written
  readonly batches?: readonly WrittenBatch[]
  /** What a command made of the snapshot. */
  readonly commanded?: Patch
  /** Packed. */
  readonly events?: readonly unknown[]
  /** What it came to, where that is another than in the round before. */
  readonly point?: Point
}

export interface CorrectedLine {
  readonly corrected: Millis
}

export interface AdoptedLine {
  readonly adopted: Patch
}

/** So much was dropped here; rules and state follow anew. */
export interface GapLine {
  readonly gap: number
}

/** The last line of a recording that was ended as it should be. */
export interface EndLine {
  readonly end: { readonly rounds: number }
}

export type Line = RulesLine | StateLine | RoundLine | CorrectedLine | AdoptedLine | GapLine | EndLine
