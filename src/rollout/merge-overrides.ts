import type { Override } from '../core/waiver.ts'
import type { Memory } from './memory.ts'

type Overrides = NonNullable<Memory['overrides']>

/**
 * The overrides that two replicas of the daemon know: what has ended at either has ended, and of two that were given for one
 * item the one that opens less holds.
 */
export function mergeOverrides(
  base: Overrides = {},
  ours: Overrides = {},
  theirs: Overrides = {},
): Overrides {
  const ids = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].toSorted()
  return Object.fromEntries(
    ids.flatMap((id): [string, Override][] => {
      const merged = mergeOverride(base[id], ours[id], theirs[id])
      return merged === undefined ? [] : [[id, merged]]
    }),
  )
}

function mergeOverride(
  base: Override | undefined,
  ours: Override | undefined,
  theirs: Override | undefined,
): Override | undefined {
  // What both knew and one has no more has had its time there.
  if (ours === undefined || theirs === undefined) {
    const known = ours ?? theirs
    return base !== undefined && known !== undefined && isOne(base, known) ? undefined : known
  }
  if (isOne(ours, theirs)) return stricter(ours, theirs)
  if (base !== undefined && isOne(base, ours)) return theirs
  if (base !== undefined && isOne(base, theirs)) return ours
  return stricter(ours, theirs)
}

/** Whether two are one override, ended or not, and bound to a rollout or not. */
function isOne(a: Override, b: Override): boolean {
  return a.at === b.at && a.until === b.until && a.actor === b.actor && a.reason === b.reason
}

function stricter(a: Override, b: Override): Override {
  return compare(openness(a), openness(b)) <= 0 ? a : b
}

/** How much an override opens, the most important part first; the last ones only make the order certain. */
function openness({
  ended,
  rollout,
  latched,
  until,
  at,
  actor,
  reason,
}: Override): readonly (number | string)[] {
  return [
    ended === undefined ? 1 : 0,
    rollout === undefined ? 1 : 0,
    latched ? 1 : 0,
    until,
    -at,
    ended ?? 0,
    actor,
    reason,
    rollout ?? '',
  ]
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [n, one] of a.entries()) {
    const other = b[n] ?? ''
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}
