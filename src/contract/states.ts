/** The closed lists of the wire form: states, kinds and reasons. */

export const verdicts = ['proceed', 'hold', 'stop'] as const
export const checkStates = ['pass', 'pending', 'unknown', 'fail', 'skipped'] as const
export const stopStates = ['clear', 'pending', 'firing', 'unknown', 'skipped'] as const
export const stopKinds = ['edge', 'level', 'cannot-prove'] as const
export const phases = ['idle', 'preflight', 'migrating', 'rolling', 'verifying', 'done', 'failed'] as const
/** Phases that a question may be about. */
export const askedPhases = ['preflight', 'migrating', 'rolling', 'verifying'] as const
export const answers = ['met', 'near', 'unmet', 'unknown'] as const
export const sources = ['platform', 'kubernetes', 'evidence'] as const
export const detections = ['declared', 'helm-revision', 'workload-generation', 'migration-job'] as const
/** Why a rollout that was asked about is over and never proceeds: reasons of the blocker `request/rollout`. */
export const unprovenEnds = ['rollout_failed', 'finished_by_force'] as const
export const flags = ['stale', 'latched', 'acknowledged', 'preexisting'] as const
export const unknownReasons = [
  'never_measured',
  'stale',
  'unreachable',
  'timeout',
  'unauthorized',
  'throttled',
  'malformed',
  'ambiguous',
  'contradictory',
  'not_configured',
  'late',
] as const
export const units = [
  'seconds',
  'bytes',
  'entries',
  'rows',
  'files',
  'connections',
  'replicas',
  'groups',
  'consumers',
  'versions',
  'fields',
  'keys',
  'objects',
  'pods',
  'events',
  'ratio',
  'boolean',
] as const

/**
 * The id of a rollout: letters, digits and `. _ ~ : @ + = , -`, in parts between `/` that begin with a letter or a digit.
 * So it stands in a path, a label and a line of a log as it is, and no part of it means another folder.
 */
export const rolloutIdPattern =
  /^(?=.{1,200}$)[A-Za-z0-9][A-Za-z0-9._~:@+=,-]*(?:\/[A-Za-z0-9][A-Za-z0-9._~:@+=,-]*)*$/
export const rolloutIdAllowed =
  'letters, digits and . _ ~ : @ + = , - in parts that begin with a letter or digit, with / between them, at most 200'

export type Verdict = (typeof verdicts)[number]
export type CheckState = (typeof checkStates)[number]
export type StopState = (typeof stopStates)[number]
export type AskedPhase = (typeof askedPhases)[number]
export type Phase = (typeof phases)[number]
export type Flag = (typeof flags)[number]
export type Unit = (typeof units)[number]
