import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noMigrationJobFailed } from '../../../src/rules/migration-jobs.ts'
import { forbids, type StopStatus } from '../../../src/core/stop.ts'
import { begin } from '../../../src/rollout/commands.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import { aStop, smallRules, stopOf } from '../core/small-rules.ts'
import {
  calm,
  look,
  restarted,
  rules as small,
  standing,
  watch,
  type JobShown,
  type World,
} from './upgrading.ts'
import { last, watching } from './upgrade-worlds.ts'

// An upgrade whose migration Job fails is tried again: what is seen of it comes by two watches, in any order.

const id = 'migration-job-failed'
const rules = smallRules({
  ...small,
  stops: [aStop({ id, kind: 'edge', condition: noMigrationJobFailed })],
})

type Release = NonNullable<World['release']>

const old = 'aaaaaaaa-1 @90'
const retry = 'bbbbbbbb-2 @120'

function world(release: Release, migrate: JobShown): World {
  return { ...calm, release, jobs: { ...calm.jobs, migrate } }
}

/** Worlds one after the other, judged by the stop condition about Jobs. */
function seen(worlds: readonly World[], from: Evaluated = watching()): readonly Evaluated[] {
  const states: Evaluated[] = []
  let current = from
  for (const next of worlds) {
    current = look(current, next, current.snapshot.at + 5_000, rules)
    states.push(current)
  }
  return states
}

function stopAfter(worlds: readonly World[]): StopStatus {
  return stopOf(last(seen(worlds)).snapshot, id)
}

const began: Release = [6, 'pending-upgrade', 90]
const gaveUp: Release = [6, 'failed', 90]
const again: Release = [7, 'pending-upgrade', 120]
const failed: World = world(gaveUp, `failed ${old}`)

describe('an upgrade that is tried again after its migration Job failed', () => {
  it('R63: is held up by that failure until its own run has succeeded, and says who made it good', () => {
    const states = seen([
      world(began, `active ${old}`),
      failed,
      world(again, `failed ${old}`),
      world(again, `deleted ${old}`),
      world(again, `active ${retry}`),
      world(again, `succeeded ${retry}`),
    ])
    expect(standing(last(states))).toBe('caracal-r7 migrating')
    const stops = states.map(({ snapshot }) => stopOf(snapshot, id))
    expect(stops.map(({ latch }) => latch?.preexisting)).toEqual([undefined, false, true, true, true, true])
    expect(stops.map(forbids)).toEqual([false, true, true, true, true, false])
    expect(stops.at(-1)?.latch?.acknowledged).toMatchObject({
      actor: 'detection',
      reason: 'the Job migrate of this rollout has succeeded',
    })
    expect(last(states).memory.ledger.filter(({ to }) => to === 'acknowledged')).toMatchObject([
      { subject: `stop-condition/${id}`, actor: 'detection', rollout: 'caracal-r7' },
    ])
  })

  it('R63: does not own a failure of the run before, however late that is seen', () => {
    const together = stopAfter([world(began, `active ${old}`), world(again, `failed ${old}`)])
    expect(together).toMatchObject({ state: 'firing', latch: { preexisting: true } })
    const late = stopAfter([
      world(began, `active ${old}`),
      world(again, `active ${old}`),
      world(again, `failed ${old}`),
    ])
    expect(late).toMatchObject({
      state: 'firing',
      latch: { preexisting: true, culprits: ['migrate/aaaaaaaa-1'] },
    })
  })

  it('R63: owns the failure of its own run, also when that was seen before its revision', () => {
    const own = { preexisting: false, culprits: ['migrate/bbbbbbbb-2'] }
    const before = [world(began, `active ${old}`), failed]
    expect(
      stopAfter([...before, world(again, `deleted ${old}`), world(again, `failed ${retry}`)]).latch,
    ).toMatchObject(own)
    expect(
      stopAfter([...before, world(again, `failed ${old}`), world(again, `failed ${retry}`)]).latch,
    ).toMatchObject(own)
    const early = last(seen([...before, world(gaveUp, `failed ${retry}`), world(again, `failed ${retry}`)]))
    expect(stopOf(early.snapshot, id).latch).toMatchObject(own)
    expect(standing(early)).toBe('caracal-r7 migrating')
  })

  it('R63: takes what may have come with it, by the seconds of an API server, for its own', () => {
    const close = world([7, 'pending-upgrade', 91], `failed ${old}`)
    expect(stopAfter([world(began, `active ${old}`), close]).latch).toMatchObject({ preexisting: false })
    const apart = world([7, 'pending-upgrade', 92], `failed ${old}`)
    expect(stopAfter([world(began, `active ${old}`), apart]).latch).toMatchObject({ preexisting: true })
  })

  it('R63: takes a failure for its own where nobody knows when the run was created', () => {
    const unknown = [world(began, 'active aaaaaaaa-1'), world(again, 'failed aaaaaaaa-1')]
    expect(stopAfter(unknown).latch).toMatchObject({ preexisting: false })
  })

  it('R63: is not freed by a run that was there before it, nor by the success of another Job', () => {
    const before = [world(began, `active ${old}`), failed, world(again, `failed ${old}`)]
    expect(forbids(stopAfter([...before, world(again, 'succeeded aaaaaaaa-1 @90')]))).toBe(true)
    const other = { ...world(again, `deleted ${old}`) }
    const jobs = { ...other.jobs, 'auth-migrate': 'succeeded cccccccc-3 @121' } as const
    expect(forbids(stopAfter([...before, { ...other, jobs }]))).toBe(true)
  })

  it('R63: a rollout that was declared keeps what failed in it until somebody acknowledges it', () => {
    const calmly = watching()
    const begun = begin(calmly.snapshot, { id: 'mine', actor: 'ann', reason: 'upgrade' }, calmly.snapshot.at)
    if (!begun.ok) throw new Error(begun.detail)
    const worlds = [world(began, `active ${old}`), failed, world(again, `succeeded ${retry}`)]
    const state = last(seen(worlds, { ...calmly, snapshot: begun.snapshot }))
    expect(stopOf(state.snapshot, id)).toMatchObject({ state: 'clear', latch: { preexisting: false } })
    expect(forbids(stopOf(state.snapshot, id))).toBe(true)
  })
})

describe('in whichever order the two watches tell of it', () => {
  const releases: readonly Release[] = [began, gaveUp, again]
  const before: readonly JobShown[] = [`active ${old}`, `failed ${old}`, `deleted ${old}`, `active ${retry}`]

  const start = last(watch(watching(), [calm]))

  /** A way through both: which of them moves on, and whether the daemon restarts before that is seen. */
  function walk(ending: JobShown, way: readonly (readonly [boolean, boolean])[]): Evaluated {
    const jobs = [...before, ending]
    let state = start
    let [release, job] = [-1, -1]
    function show(restarts: boolean): void {
      if (restarts) state = restarted(state, rules)
      const shown = releases[release] ?? ([5, 'deployed', 10] as const)
      state = last(seen([world(shown, jobs[job] ?? 'gone')], state))
    }
    for (const [byJob, restarts] of way) {
      if (byJob) job = Math.min(job + 1, jobs.length - 1)
      else release = Math.min(release + 1, releases.length - 1)
      show(restarts)
    }
    while (release < releases.length - 1 || job < jobs.length - 1) {
      if (release < releases.length - 1) release += 1
      else job += 1
      show(false)
    }
    return state
  }

  const ways = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 12 })

  it('R63: a run that succeeds frees the rollout', () => {
    fc.assert(
      fc.property(ways, (way) => {
        const state = walk(`succeeded ${retry}`, way)
        expect(state.snapshot.rollout?.id).toBe('caracal-r7')
        expect(forbids(stopOf(state.snapshot, id))).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('R63: a run that fails is the rollout’s own', () => {
    fc.assert(
      fc.property(ways, (way) => {
        const state = walk(`failed ${retry}`, way)
        expect(standing(state)).toBe('caracal-r7 migrating')
        const { latch, state: now } = stopOf(state.snapshot, id)
        expect(now).toBe('firing')
        expect(latch).toMatchObject({ preexisting: false })
        expect(latch?.acknowledged).toBeUndefined()
        expect(latch?.culprits).toContain('migrate/bbbbbbbb-2')
      }),
      { numRuns: 60 },
    )
  })
})
