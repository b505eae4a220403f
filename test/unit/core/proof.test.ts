import { describe, expect, it } from 'vitest'
import { play } from '../../support/timeline.ts'
import { healthyWorld, platformRules, batchesOf } from '../rules/platform-world.ts'

describe('a platform in which everything is well', () => {
  it('may proceed once that has been seen for the steady time, and not before', () => {
    const world = healthyWorld()
    const instants = Array.from({ length: 32 }, (_, n) => n * 1_000)
    const snapshots = play(
      platformRules(),
      instants.map((at) => ({ at, batches: batchesOf(world, at) })),
    )
    const blocking = snapshots.at(-1)?.verdict.blocking
    expect(blocking).toEqual([])
    expect(snapshots.map(({ verdict }) => verdict.verdict)).toEqual([
      ...Array.from({ length: 30 }, () => 'hold'),
      'proceed',
      'proceed',
    ])
  })
})
