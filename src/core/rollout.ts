import type { Expected } from './expected.ts'
import type { Instant } from './time.ts'

export const phases = ['idle', 'preflight', 'migrating', 'rolling', 'verifying', 'done', 'failed'] as const
export type Phase = (typeof phases)[number]

/** Phases that a question may be about: whether the rollout may go on from there. */
export const askedPhases = ['preflight', 'migrating', 'rolling', 'verifying'] as const
export type AskedPhase = (typeof askedPhases)[number]

/** How the daemon learned of a rollout. */
export const detections = ['declared', 'helm-revision', 'workload-generation', 'migration-job'] as const
export type Detection = (typeof detections)[number]

/** One rollout: the span over which stops are remembered and differences are measured. */
export interface Rollout {
  readonly id: string
  readonly phase: Phase
  readonly startedAt: Instant
  readonly finishedAt?: Instant
  readonly detectedBy: Detection
  readonly actor?: string
  readonly reason?: string
  /** What must arrive, as declared; every one of them. Nothing that is detected changes it. */
  readonly expected?: readonly Expected[]
  /** What is rolled out, as it is seen; until then as it was declared: release revision, chart, image by service. */
  readonly revision?: string
  readonly chart?: string
  readonly images?: Readonly<Record<string, string>>
  /** Who called it done although not all was proven, and why. */
  readonly forced?: { readonly actor: string; readonly reason: string }
  /** Id of the rollout that took its place before it had ended. */
  readonly supersededBy?: string
}

/** One life of a rollout: its id with the instant at which it began, so that an id that comes again is another life. */
export type Life = Pick<Rollout, 'id' | 'startedAt'>

/** Why a rollout that ended never proceeds: reasons of the blocker `request/rollout`. */
export const unprovenEnds = ['rollout_failed', 'finished_by_force'] as const
export type UnprovenEnd = (typeof unprovenEnds)[number]

/** Why a rollout that is over has not proven itself and never will, or undefined while it is under way or is proven. */
export function unprovenEnd({ phase, forced }: Pick<Rollout, 'phase' | 'forced'>): UnprovenEnd | undefined {
  if (phase === 'failed') return 'rollout_failed'
  return phase === 'done' && forced !== undefined ? 'finished_by_force' : undefined
}

/** Whether the rollout is still under way. */
export function isActive(rollout: Rollout | undefined): rollout is Rollout {
  return (
    rollout !== undefined &&
    rollout.phase !== 'done' &&
    rollout.phase !== 'failed' &&
    rollout.phase !== 'idle'
  )
}

/** Baseline of the instant since when everything that a rollout changes has been seen. */
export const FIRST_SEEN = 'follow:first-seen'

/** Says why there is no previous revision where nothing of the release has ever been rolled out before. */
export const FIRST_INSTALLATION = 'first_installation'

/** Baselines whose key begins with this are forgotten when a rollout begins, and so taken anew. */
export const ROLLOUT_BASELINE = 'rollout:'

/** The actor of what was detected, not declared or acknowledged. */
export const DETECTION = 'detection'

/** Baseline of the instant at which the API server took in the revision that a rollout was detected by. */
export const REVISION_CREATED = `${ROLLOUT_BASELINE}revision-created`

/** Baseline of a component whose pod template changed in this rollout. */
export const movedOf = (component: string): string => `${ROLLOUT_BASELINE}moved/${component}`

/** Baseline of the newest revision of the release when the rollout began, or 0 when that is not known. */
export const REVISION_AT_BEGIN = `${ROLLOUT_BASELINE}release-revision`

/**
 * Beginning of the baselines of what became of each revision of the release while it was the newest; its number follows. The
 * worst counts, also of what several replicas of the daemon have seen, so that worse is higher.
 */
export const REVISION_FATE = 'follow:revision/'
export const fates = {
  /** It was watched, and never seen deployed with every workload rolled out. */
  watched: 1,
  /** It was, but for so short a time that the pods may have been those of the revision before. */
  glimpsed: 2,
  /** It was seen deployed with every workload rolled out. */
  proven: 3,
  /** It was seen failed, whatever became of its pods. */
  failed: 4,
} as const
