import { describe, expect, it } from 'vitest'
import {
  watching,
  last,
  pending,
  migrating,
  failing,
  rolling,
  deployed,
  upgraded,
  unseen,
} from './upgrade-worlds.ts'
import { calm, lasting, look, restarted, standing, started, told, watch, type World } from './upgrading.ts'

describe('what was not seen from the beginning', () => {
  it('R53: is a rollout when it is under way at first sight, and says what it cannot know', () => {
    const worlds: readonly (readonly [World, string])[] = [
      [pending, 'caracal-r6 preflight'],
      [migrating, 'caracal-r6 migrating'],
      [rolling, 'caracal-r6 rolling'],
      [deployed, 'caracal-w1 rolling'],
      [unseen(migrating), 'caracal-job-aaaaaaaa migrating'],
      [upgraded, 'none'],
      [failing, 'none'],
    ]
    for (const [world, expected] of worlds) {
      const state = look(started(), world, 1_000)
      expect([world, standing(state)]).toEqual([world, expected])
      if (expected === 'none') continue
      const words = 'it began before the daemon saw it: baselines are those of first sight'
      expect(state.snapshot.rollout?.reason).toContain(words)
      expect(state.memory.ledger.find(({ kind }) => kind === 'rollout-begun')?.message).toContain(words)
    }
  })

  it('R53: goes on to its end', () => {
    const states = watch(started(), [deployed, ...lasting(upgraded, 12)])
    expect(told(last(states))).toEqual([
      'caracal-w1 begun rolling',
      'caracal-w1 phase verifying',
      'caracal-w1 finished done',
    ])
  })

  it('R53: is found by what differs after a restart', () => {
    const found = look(restarted(watching()), rolling, 300_000)
    expect(standing(found)).toBe('caracal-r6 rolling')
    expect(found.snapshot.rollout?.reason).not.toContain('before the daemon')
    expect(found.snapshot.baselines.get('rollout:template/api')).toBe(100)
    expect(standing(look(restarted(watching()), upgraded, 300_000))).toBe('caracal-r6 verifying')
  })

  it('R53: waits until everything that watches was heard once', () => {
    const job: World = { ...migrating, silent: ['helm-release'] }
    const states = watch(restarted(watching()), [job, job, migrating])
    expect(states.map(standing)).toEqual(['none', 'none', 'caracal-r6 migrating'])
  })

  it('R53: a revision that shows right after its Job is the same rollout, a later one is another', () => {
    const job: World = { ...calm, jobs: migrating.jobs }
    const begun = look(look(watching(), job, 100_000), job, 102_000)
    const soon = look(begun, migrating, 105_000)
    expect([standing(soon), soon.snapshot.rollout?.revision]).toEqual(['caracal-job-aaaaaaaa migrating', '6'])
    expect(standing(look(begun, migrating, 120_000))).toBe('caracal-r6 migrating')
  })
})
