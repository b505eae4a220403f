import type { detections, Phase } from './states.ts'

/** RFC 3339 in UTC with milliseconds, e.g. `2026-11-22T20:15:00.000Z`. */
export type Timestamp = string

/** What must arrive: all of it. Images and digests by component or `component/container`. */
export interface ExpectedReport {
  readonly images: Readonly<Record<string, string>>
  /** Of each subject any one will do. */
  readonly digests: Readonly<Record<string, readonly string[]>>
  readonly revision: string | null
  readonly chart: string | null
  readonly appVersion: string | null
}

/** What differences are measured against; an acknowledgement or a settled window moves a count. */
export interface BaselineReport {
  readonly capturedAt: Timestamp
  readonly counts: Readonly<Record<string, number>>
}

export interface RolloutReport {
  readonly id: string | null
  readonly phase: Phase
  readonly startedAt: Timestamp | null
  readonly finishedAt: Timestamp | null
  readonly detectedBy: (typeof detections)[number] | null
  readonly actor: string | null
  readonly reason: string | null
  readonly revision: string | null
  readonly chart: string | null
  readonly images: Readonly<Record<string, string>>
  /** What was declared with it and must arrive; every entry. Revision, chart and images above are what is seen. */
  readonly expected: readonly ExpectedReport[]
  /** Who called it done although not everything was proven, and why. */
  readonly forced: { readonly actor: string; readonly reason: string } | null
  /** The rollout that took its place before it had ended. */
  readonly supersededBy: string | null
  readonly baseline: BaselineReport | null
}
