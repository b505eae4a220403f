import type { Instant } from '../core/time.ts'
import { isActive } from '../core/rollout.ts'
import { tableOf, writtenBatch } from './batches.ts'
import { written } from './exact-time.ts'
import type { Happening, JudgedBy } from './happening.ts'
import { FORMAT, FORMAT_VERSION, type Header, type Line, type Place } from './lines.ts'
import { patchOf } from './patch.ts'
import { packed } from './plain-value.ts'
import { mayDiffer, pointOf } from './point.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** Writes one recording: what happened, each as one line of JSON. */
export interface Writing {
  /** The lines before the first happening. */
  begin(first: Happening, judgedBy: JudgedBy, product: string, from: string, place?: Place): readonly string[]
  /** The lines that go on after so many happenings were dropped. */
  goOn(next: Happening, judgedBy: JudgedBy, dropped: number): readonly string[]
  line(happening: Happening, judgedBy: JudgedBy): string
  end(): string
}

export function newWriting(): Writing {
  let table = tableOf(new Map())
  let from: Instant = 0
  let last: { readonly snapshot: Snapshot; readonly text: string } | undefined
  let rounds = 0

  function stateOf({ before: { snapshot, memory } }: Happening, judgedBy: JudgedBy): readonly Line[] {
    table = tableOf(snapshot.beliefs)
    from = snapshot.at
    last = undefined
    return [{ rules: packed(judgedBy) }, { state: packed({ snapshot, memory }) }]
  }

  function pointIn(snapshot: Snapshot): object {
    if (!mayDiffer(last?.snapshot, snapshot)) return {}
    const point = pointOf(snapshot)
    const text = JSON.stringify(point)
    const isSame = text === last?.text
    last = { snapshot, text }
    return isSame ? {} : { point }
  }

  function lineOf(happening: Happening, judgedBy: JudgedBy): Line {
    switch (happening.kind) {
      case 'corrected':
        return { corrected: happening.by }
      case 'adopted':
        return { adopted: patchOf(happening.before.memory, happening.memory) ?? { o: [] } }
      case 'rules':
        return { rules: packed(judgedBy) }
      case 'round': {
        const { now, batches, commanded, before, events, after } = happening
        const changes = patchOf(before.snapshot, commanded)
        const line = {
          now: written(now, from),
          ...(batches.length > 0 && { batches: batches.map((batch) => writtenBatch(table, batch, now)) }),
          ...(changes !== undefined && { commanded: changes }),
          ...(events.length > 0 && { events: events.map(packed) }),
          ...pointIn(after.snapshot),
        }
        from = now
        rounds += 1
        return line
      }
    }
  }

  return {
    begin(first, judgedBy, product, at, place) {
      const header: Header = {
        recording: FORMAT,
        version: FORMAT_VERSION,
        product,
        from: at,
        rollouts: rolloutsIn(first),
        ...place,
      }
      return [header, ...stateOf(first, judgedBy)].map(textOf)
    },
    goOn: (next, judgedBy, dropped) => [{ gap: dropped }, ...stateOf(next, judgedBy)].map(textOf),
    line: (happening, judgedBy) => textOf(lineOf(happening, judgedBy)),
    end: () => textOf({ end: { rounds } }),
  }
}

function textOf(line: object): string {
  return `${JSON.stringify(line)}\n`
}

/** Ids of the rollouts that are under way before and after it. */
function rolloutsIn(happening: Happening): readonly string[] {
  const snapshots = [happening.before, ...(happening.kind === 'round' ? [happening.after] : [])]
  const ids = snapshots.flatMap(({ snapshot: { rollout } }) => (isActive(rollout) ? [rollout.id] : []))
  return [...new Set(ids)]
}
