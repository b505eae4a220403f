import { describe, expect, it } from 'vitest'
import type { Expected } from '../../../src/core/expected.ts'
import { isActive } from '../../../src/core/rollout.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { nothingRemembered, recall } from '../../../src/rollout/memory.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { author, ok, refused } from './commanding.ts'
import { clean, last, upgraded, watching } from './upgrade-worlds.ts'
import { calm, lasting, rules, shown, watch } from './upgrading.ts'

const wanted: Expected = { images: { api: 'caracal/api:999' }, revision: '6' }

function declared(expected: Expected): Evaluated {
  const from = watching()
  const now = from.snapshot.at + 1_000
  const result = begin(from.snapshot, { ...author, id: 'mine', expected }, now)
  const events = result.ok ? result.events : []
  return evaluate(from, { now, batches: shown(calm, now), commanded: ok(result), events }, rules, 'caracal')
}

describe('what must arrive with a rollout', () => {
  it('X03: R116: stays what was declared when something else is seen', () => {
    const before = declared(wanted)
    expect(before.snapshot.rollout).toMatchObject({ expected: [wanted], images: wanted.images })
    const { rollout } = last(watch(before, [calm, ...clean, ...lasting(upgraded, 3)])).snapshot
    expect(rollout).toMatchObject({ expected: [wanted], images: { api: 'caracal/api:101' }, revision: '6' })
  })

  it('X03: R116: may be added to, and is refused when it speaks against what was declared', () => {
    const { snapshot } = declared(wanted)
    const again = (expected: Expected) => begin(snapshot, { ...author, id: 'mine', expected }, snapshot.at)
    expect(ok(again(wanted)).rollout?.expected).toEqual([wanted])
    const more = { chart: 'caracal-1.9.1' }
    expect(ok(again(more)).rollout?.expected).toEqual(expect.arrayContaining([wanted, more]))
    expect(refused(again({ images: { api: 'caracal/api:101' } }))).toBe('409 it was declared otherwise')
    expect(
      ok(begin(snapshot, { ...author, id: 'mine', phase: 'rolling' }, snapshot.at)).rollout,
    ).toMatchObject({
      phase: 'rolling',
      expected: [wanted],
    })
  })

  it('X03: R116: is all of what two replicas were told, and survives a restart', () => {
    const { memory } = declared(wanted)
    const other = { images: { api: 'caracal/api:101' } }
    const { rollout } = memory
    if (!isActive(rollout)) throw new Error('no rollout is under way')
    const theirs = { ...memory, rollout: { ...rollout, expected: [other] } }
    const merged = merge(nothingRemembered, memory, theirs)
    expect(merged.rollout?.expected).toEqual(expect.arrayContaining([wanted, other]))
    expect(merge(nothingRemembered, theirs, memory).rollout?.expected).toEqual(merged.rollout?.expected)
    expect(recall(initialSnapshot(0, rules), merged).rollout?.expected).toEqual(merged.rollout?.expected)
  })
})
