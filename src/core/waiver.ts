import type { CheckStatus, GateStatus } from './gate.ts'
import type { Latch } from './latch.ts'
import type { Moment } from './moment.ts'
import { isActive, type Rollout } from './rollout.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import type { StopStatus } from './stop.ts'
import { HOUR, SKEW, type Instant, type Millis } from './time.ts'
import { blockedBy, type Would } from './would.ts'

/** How something that is judged counts: in full, or not at all for a while. */
export const modes = ['enforce', 'shadow', 'overridden'] as const
export type Mode = (typeof modes)[number]

/** A person's word that something does not count until a given instant. */
export interface Override {
  readonly at: Instant
  readonly until: Instant
  readonly actor: string
  readonly reason: string
  /** It also holds for a breach that was latched before it. */
  readonly latched: boolean
  /** Id of the one rollout that it holds for; without it, it holds for the next one that begins. */
  readonly rollout?: string
  /** When it was ended before its time. What has ended never holds again. */
  readonly ended?: Instant
}

/** An opening for longer is a change of the configuration. */
export const LONGEST_OVERRIDE: Millis = 24 * HOUR

/** By the id of what is overridden. */
export type Overrides = ReadonlyMap<string, Override>

/** That something is judged and shown, and counts for nothing: neither for a gate nor for the verdict. */
export interface Waiver {
  readonly mode: Exclude<Mode, 'enforce'>
  readonly until: Instant
  /** Id of what is waived: the item itself, or for a check its gate. */
  readonly of: string
  /** What it would make of the verdict by itself if it counted, and since when. */
  readonly would?: Would
}

/** What decides whether something is waived. */
export interface Waiving {
  readonly shadows: ReadonlyMap<string, Instant>
  readonly overrides: Overrides
  readonly rollout: Rollout | undefined
}

export function waivingIn({ overrides, rollout }: Snapshot, { shadows }: Rules): Waiving {
  return { shadows: shadows ?? new Map(), overrides: overrides ?? new Map(), rollout }
}

/** Whether an override holds: it has begun, has not ended, and is about the rollout under way or the next one. */
export function holds(
  { ended, until, at, rollout: about }: Override,
  rollout: Rollout | undefined,
  moment: Moment,
): boolean {
  if (ended !== undefined || moment.reached(until) || !moment.reached(at - SKEW)) return false
  return about === undefined || (isActive(rollout) && rollout.id === about)
}

/** What waives the item with this id, if anything does; an override goes before a shadow. */
export function waiverOf(
  id: string,
  latch: Latch | undefined,
  { shadows, overrides, rollout }: Waiving,
  moment: Moment,
): Waiver | undefined {
  const override = overrides.get(id)
  if (override !== undefined && covers(override, latch) && holds(override, rollout, moment))
    return { mode: 'overridden', until: override.until, of: id }
  const until = shadows.get(id)
  return until === undefined || moment.reached(until) ? undefined : { mode: 'shadow', until, of: id }
}

/** All that decides whether something with one of these ids is waived, but the time and the rules. */
export function groundsOf({ overrides, rollout }: Waiving, ...ids: readonly string[]): readonly unknown[] {
  return overrides.size === 0 ? [] : [...ids.map((id) => overrides.get(id)), rollout?.id, isActive(rollout)]
}

/** What was latched before an override stays in force, unless the override says otherwise. */
export function covers({ latched, at }: Pick<Override, 'latched' | 'at'>, latch: Latch | undefined): boolean {
  return latched || latch === undefined || latch.acknowledged !== undefined || latch.at >= at
}

type Status = CheckStatus | StopStatus | GateStatus

/** The status with its waiver, and what it would make of the verdict; what is switched off has nothing to waive. */
export function withWaiver<T extends Status>(
  status: T,
  before: T | undefined,
  waiver: Waiver | undefined,
  now: Instant,
): T {
  if (waiver === undefined || status.state === 'skipped') return status
  const verdict = blockedBy(status)
  if (verdict === undefined) return { ...status, waived: waiver }
  const known = before?.waived?.would
  const would = known?.verdict === verdict ? known : { verdict, since: now }
  return { ...status, waived: { ...waiver, would } }
}

/** As it counts: what is waived counts as what is switched off. */
export function counting<T extends Status>(status: T): T {
  return status.waived === undefined ? status : { ...status, state: 'skipped' }
}

/** How an item counts, for those who show it. */
export function modeOf(status: { readonly waived?: Waiver } | undefined): Mode {
  return status?.waived?.mode ?? 'enforce'
}
