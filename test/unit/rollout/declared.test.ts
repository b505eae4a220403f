import { describe, expect, it } from 'vitest'
import { begin } from '../../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { author, ok } from './commanding.ts'
import { watching, last, pending, migrating, failing, rolling, upgraded, clean } from './upgrade-worlds.ts'
import { calm, lasting, rules, shown, standing, started, told, watch, type World } from './upgrading.ts'

describe('a rollout that was declared', () => {
  function declared(from: Evaluated, rest: object = {}, world: World = calm): Evaluated {
    const now = from.snapshot.at + 1_000
    const result = begin(from.snapshot, { ...author, id: 'mine', ...rest }, now)
    const events = result.ok ? result.events : []
    return evaluate(
      from,
      { now, batches: shown(world, now), commanded: ok(result), events },
      rules,
      'caracal',
    )
  }

  it('R54: takes up what is detected, and is ended by nobody but who declared it', () => {
    const states = watch(declared(watching()), [calm, ...clean, ...lasting(upgraded, 20)])
    expect(told(last(states))).toEqual([
      'mine begun preflight',
      'mine phase migrating',
      'mine phase rolling',
      'mine phase verifying',
    ])
    expect(last(states).snapshot).toMatchObject({
      verdict: { verdict: 'proceed' },
      rollout: {
        detectedBy: 'declared',
        actor: 'ann',
        revision: '6',
        chart: 'caracal-1.0.6',
        images: { api: 'caracal/api:101', sts: 'caracal/sts:201' },
      },
    })
  })

  it('R54: keeps the phase that was declared as long as nothing changes', () => {
    const states = watch(declared(watching(), { phase: 'rolling' }), lasting(calm, 3))
    expect(states.map(standing)).toEqual(lasting(calm, 3).map(() => 'mine rolling'))
  })

  it('R54: takes a second revision too, and writes that down', () => {
    const back: World = { ...failing, release: [7, 'pending-rollback'] }
    const done: World = { ...failing, release: [7, 'deployed'] }
    const states = watch(declared(watching()), [pending, migrating, failing, back, done])
    expect(told(last(states))).toEqual([
      'mine begun preflight',
      'mine phase migrating',
      'mine revision failed',
      'mine revision 7',
      'mine phase preflight',
      'mine phase verifying',
    ])
    expect(last(states).snapshot.rollout?.revision).toBe('7')
  })

  it('R54: takes no revision twice when an older one is seen late', () => {
    const second: World = { ...upgraded, release: [7, 'deployed'] }
    const states = watch(declared(watching()), [pending, upgraded, second, upgraded, second])
    expect(told(last(states)).filter((line) => line.includes('revision'))).toEqual(['mine revision 7'])
  })

  it('R54: in place of one that was detected begins where things are', () => {
    const detected = last(watch(watching(), [pending, rolling]))
    const mine = declared(detected, { supersede: true }, rolling)
    expect(standing(mine)).toBe('mine rolling')
    expect(mine.memory.history.map(({ rollout }) => rollout.id)).toEqual(['caracal-r6'])
    expect(standing(last(watch(mine, [upgraded])))).toBe('mine verifying')
  })

  it('R54: before anything was seen takes first sight as its baseline', () => {
    const state = last(
      watch(declared(started(), {}, { ...calm, silent: ['helm-release', 'workloads'] }), [calm]),
    )
    expect(state.snapshot.baselines.get('rollout:release-revision')).toBe(5)
    expect(last(watch(state, clean)).snapshot.rollout?.phase).toBe('verifying')
  })
})
