import type { Phase } from '../../../src/core/rollout.ts'
import type { Rules, Snapshot } from '../../../src/core/snapshot.ts'
import { begin, type Declaration } from '../../../src/rollout/commands.ts'
import { play, type Moment } from '../../support/timeline.ts'
import { platformRules, batchesOf, type World } from './platform-world.ts'

/** What is seen for a while, and what a person does before it. */
export interface Scene {
  readonly world: World
  /** How long it lasts, in seconds; it is seen at its beginning, every 4 s and at its end. */
  readonly seconds: number
  readonly command?: (snapshot: Snapshot) => Snapshot
}

/** Plays scenes one after the other, a second apart; returns the snapshot at the end of each. */
export function playScenes(
  scenes: readonly Scene[],
  rules: Rules = platformRules(),
  from?: Snapshot,
): readonly Snapshot[] {
  let at = from?.at ?? 0
  const ends: number[] = []
  const moments = scenes.flatMap(({ world, seconds, command }) => {
    const offsets = Array.from({ length: Math.ceil(seconds / 4) }, (_, n) => n * 4)
    const own = [...offsets, seconds].map((offset, n): Moment => {
      const instant = at + (offset + 1) * 1_000
      const first = n === 0 && command !== undefined ? { command } : {}
      return { at: instant, batches: batchesOf(world, instant), ...first }
    })
    at = own.at(-1)?.at ?? at
    ends.push(own.length)
    return own
  })
  const snapshots = play(rules, moments, from)
  let index = -1
  return ends.flatMap((length) => {
    index += length
    return snapshots[index] ?? []
  })
}

/** Declares a rollout, or moves the one under way to this phase. */
export function inPhase(phase: Exclude<Phase, 'idle' | 'done' | 'failed'>, id = 'r1') {
  return (snapshot: Snapshot): Snapshot => {
    const declaration: Declaration = { id, phase, actor: 'ann', reason: 'test', supersede: true }
    const begun = begin(snapshot, declaration, snapshot.at)
    if (!begun.ok) throw new Error(begun.detail)
    return begun.snapshot
  }
}

export function checkStatesOf(snapshots: readonly Snapshot[], id: string): readonly (string | undefined)[] {
  return snapshots.map(({ checks }) => checks.get(id)?.state)
}

export function stopStatesOf(snapshots: readonly Snapshot[], id: string): readonly (string | undefined)[] {
  return snapshots.map(({ stops }) => stops.get(id)?.state)
}
