import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isActive, type Phase } from '../../../src/core/rollout.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import { clean, failing, last, pending, unseen, upgraded, watching } from './upgrade-worlds.ts'
import { calm, lasting, look, restarted, started, told, watch, type World } from './upgrading.ts'

const patient = 60_000
const clusterProbes = ['helm-release', 'migration-jobs', 'workloads']

const lacks = fc.constantFrom(undefined, undefined, 'waiting: 1 of 2 replicas updated', 'unavailable: 1 of 2')

const workload = fc
  .tuple(fc.constantFrom(100, 101, 102), lacks)
  .map(([template, missing]) =>
    missing === undefined ? ([template] as const) : ([template, missing] as const),
  )

const job = fc.constantFrom('gone', 'active a-1', 'failed a-1', 'complete a-1', 'active b-2', 'failed b-2')

const release = fc.tuple(
  fc.constantFrom(4, 5, 5, 6, 7),
  fc.constantFrom('deployed', 'deployed', 'pending-upgrade', 'failed', 'pending-rollback', 'uninstalling'),
)

/** Any combination of what the watches may show, also such that no upgrade brings about. */
const anything: fc.Arbitrary<World> = fc
  .record({
    release: fc.option(release, { nil: undefined }),
    migrate: job,
    api: fc.option(workload, { nil: undefined }),
    sts: workload,
    arrivals: fc.constantFrom(7, 7, 7, 8),
    blind: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, fc.subarray(clusterProbes)),
    silent: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, fc.subarray(clusterProbes)),
  })
  .map(({ release: shown, migrate, api, sts, ...rest }) => ({
    ...rest,
    jobs: { migrate },
    workloads: { ...(api !== undefined && { api }), sts },
    off: calm.off,
    versions: calm.versions,
    ...(shown !== undefined && { release: shown }),
  }))

/** Worlds one after the other, of which each may last. */
const anySequence = fc
  .array(fc.tuple(anything, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 8 })
  .map((runs) => runs.flatMap(([world, times]) => lasting(world, times)))

const upgrade = fc.constantFrom<readonly World[]>(
  [...clean, ...lasting(upgraded, 9)],
  [...clean, ...lasting(upgraded, 9)].map(unseen),
  [pending, failing, ...clean.map(asSeventh), ...lasting(asSeventh(upgraded), 9)],
)

function asSeventh(world: World): World {
  return { ...world, release: [7, world.release?.[1] ?? 'deployed'] }
}

/** How far a rollout has come; nothing that is hidden may make it further. */
function progress({ rollout }: Snapshot): readonly [string | undefined, Phase | undefined] {
  return [rollout?.id, rollout?.phase]
}

describe('R56: what cannot be seen', () => {
  it('begins nothing, and neither moves nor ends a rollout', { timeout: patient }, () => {
    fc.assert(
      fc.property(anySequence, anything, (worlds, hidden) => {
        const before = last(watch(watching(), worlds))
        const blind = look(
          before,
          { ...hidden, blind: clusterProbes, silent: [] },
          before.snapshot.at + 1_000,
        )
        expect(progress(blind.snapshot)).toEqual(progress(before.snapshot))
        expect(told(blind)).toEqual(told(before))
      }),
    )
  })

  it('of one watch moves and ends no rollout that stays the same', { timeout: patient }, () => {
    fc.assert(
      fc.property(anySequence, anything, fc.constantFrom(...clusterProbes), (worlds, next, hidden) => {
        const before = last(watch(watching(), worlds))
        const after = look(before, { ...next, blind: [hidden], silent: [] }, before.snapshot.at + 60_000)
        const isSame =
          isActive(before.snapshot.rollout) && before.snapshot.rollout.id === after.snapshot.rollout?.id
        if (isSame) expect(progress(after.snapshot)).toEqual(progress(before.snapshot))
      }),
    )
  })

  it('for a while delays an upgrade and changes nothing else of it', { timeout: patient }, () => {
    fc.assert(
      fc.property(upgrade, fc.nat(20), fc.integer({ min: 1, max: 4 }), (worlds, at, times) => {
        const start = worlds[0]?.release === undefined ? watchingUnseen() : watching()
        const place = at % (worlds.length + 1)
        const hidden = lasting({ ...(worlds[place - 1] ?? calm), blind: clusterProbes }, times)
        const delayed = watch(start, [
          ...worlds.slice(0, place),
          ...hidden,
          ...worlds.slice(place),
          ...worlds.slice(-1),
        ])
        const plain = watch(start, worlds)
        expect(told(last(delayed))).toEqual(told(last(plain)))
        expect(last(delayed).snapshot.rollout?.phase).toBe('done')
      }),
    )
  })
})

function watchingUnseen(): Evaluated {
  return last(watch(started(), lasting(unseen(calm), 12)))
}

describe('R57: a rollout that is followed', () => {
  it('changes its phase at most once with each look', { timeout: patient }, () => {
    fc.assert(
      fc.property(anySequence, (worlds) => {
        let before = watching()
        for (const [n, world] of worlds.entries()) {
          const after = look(before, world, before.snapshot.at + 5_000 + n)
          const lines = told(after).slice(told(before).length)
          const changes = lines.filter((line) => !/ (?:revision|finished) /.test(line))
          expect(changes.length).toBeLessThanOrEqual(1)
          if (after.snapshot.rollout !== before.snapshot.rollout)
            expect(after.snapshot.revision).toBeGreaterThan(before.snapshot.revision)
          before = after
        }
      }),
    )
  })

  it('settles when nothing changes any more', { timeout: patient }, () => {
    fc.assert(
      fc.property(anySequence, anything, (worlds, world) => {
        const settled = last(watch(last(watch(watching(), worlds)), lasting(world, 20)))
        const later = last(watch(settled, lasting(world, 5)))
        expect(progress(later.snapshot)).toEqual(progress(settled.snapshot))
        expect(later.snapshot.baselines).toBe(settled.snapshot.baselines)
      }),
    )
  })

  it('ends as it would have without restarts, whenever they come', { timeout: patient }, () => {
    fc.assert(
      fc.property(upgrade, fc.array(fc.nat(25), { maxLength: 4 }), (worlds, restarts) => {
        const start = worlds[0]?.release === undefined ? watchingUnseen() : watching()
        // After a restart everything must be proven for the steady time once more.
        const all = [...worlds, ...lasting(worlds.at(-1) ?? calm, 10)]
        let state = start
        for (const [n, world] of all.entries()) {
          if (n < worlds.length && restarts.includes(n)) state = restarted(state)
          state = look(state, world, start.snapshot.at + 5_000 * (n + 1))
        }
        const plain = last(watch(start, all))
        expect(told(state)).toEqual(told(plain))
        expect(withoutTimes(state.snapshot)).toEqual(withoutTimes(plain.snapshot))
      }),
    )
  })

  it('is the same after a restart in any world', { timeout: patient }, () => {
    fc.assert(
      fc.property(anySequence, anything, (worlds, world) => {
        const before = last(watch(watching(), worlds))
        const at = before.snapshot.at + 5_000
        const [plain, again] = [look(before, world, at), look(restarted(before), world, at)]
        // Only the steady time starts anew.
        if (plain.snapshot.rollout?.phase === 'done') return
        // Nobody was heard yet whom this look does not hear.
        if (world.silent.length > 0) return
        expect(progress(again.snapshot)).toEqual(progress(plain.snapshot))
      }),
    )
  })
})

/** Rollout and baselines; when something was seen to happen is not the same after a restart. */
function withoutTimes({ rollout, baselines }: Snapshot): unknown {
  const { startedAt: _, finishedAt: __, ...rest } = rollout ?? { startedAt: 0 }
  return {
    ...rest,
    baselines: Object.fromEntries([...baselines].filter(([key]) => !key.startsWith('follow:'))),
  }
}
