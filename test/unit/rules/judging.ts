import type { Condition, Finding, Recollection } from '../../../src/core/finding.ts'
import { judge } from '../../../src/core/judge.ts'
import type { Phase } from '../../../src/core/rollout.ts'
import type { Labels, Signal } from '../../../src/core/signal.ts'
import { evidenceIn, type World } from './platform-world.ts'
import { withBlindSpot, withSilence, withValue, type Said } from './world-changes.ts'

type Active = NonNullable<Recollection['rollout']>

/** A memory that holds these baselines, within a rollout when told so. */
export function remembering(
  baselines: Readonly<Record<string, number>> = {},
  rollout: 'no rollout' | 'in a rollout' | Phase | Partial<Active> = 'no rollout',
): Recollection {
  const known = new Map(Object.entries(baselines))
  const active = { id: 'r1', startedAt: 0, phase: 'preflight', detectedBy: 'declared' } as const
  const how =
    typeof rollout === 'object' ? rollout : rollout === 'in a rollout' ? {} : { phase: rollout as Phase }
  return {
    now: 0,
    ...(rollout !== 'no rollout' && { rollout: { ...active, ...how }, latest: { ...active, ...how } }),
    baseline: (key) => known.get(key),
    baselines: (prefix) => [...known.keys()].filter((key) => key.startsWith(prefix)).toSorted(),
  }
}

export function findingsIn(
  condition: Condition,
  world: World,
  recollection: Recollection = remembering(),
): readonly Finding[] {
  return judge(condition, evidenceIn(world), recollection)
}

/** What keeps the condition from being met, one line for each subject, worst first. */
export function faultsIn(condition: Condition, world: World, recollection?: Recollection): readonly string[] {
  return findingsIn(condition, world, recollection).flatMap(({ key, answer, reason }) =>
    answer === 'met' ? [] : [`${key} ${answer} ${reason}`],
  )
}

/** A world in which one thing differs from a healthy one. */
export type Change =
  | readonly [signal: Signal, labels: Labels, value: number, said?: Said]
  | readonly [signal: Signal, labels: Labels, 'blind' | 'silent']

export function changed(world: World, [signal, labels, how, said]: Change): World {
  if (how === 'blind') return withBlindSpot(world, signal, labels)
  if (how === 'silent') return withSilence(world, signal, labels)
  return withValue(world, signal, labels, how, said)
}

/** One line of a table: what differs from a healthy platform, and what the condition then finds. */
export type Case = readonly [change: Change, faults: readonly string[]]

/** A name for a line of a table. */
export function named([[signal, labels, how], faults]: Case): string {
  const which = Object.values(labels).join('/')
  return `${signal.name} of ${which || 'the server'} is ${how}: ${faults.join(', ') || 'met'}`
}
